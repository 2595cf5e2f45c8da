import { describe, expect, test } from 'vitest';
import { type Action, decide, type Situation } from '../../../../src/local/database/decide.js';
import type { Times } from '../../../../src/local/database/look-history.js';
import type { Answer } from '../../../../src/local/database/observe.js';
import { firstRoles, type Roles } from '../../../../src/local/database/roles-record.js';
import { toPosition } from '../../../../src/platform/position.js';
import type { SourceState } from '../../../../src/replication/dialect.js';

const source = { host: '127.10.1.11', port: 3306 };

const connected: SourceState = {
  ...source,
  receiving: 'yes',
  applying: true,
  until: false,
  received: toPosition('0-1-10'),
  error: undefined,
};

const answer: Answer = {
  applied: toPosition('0-1-10'),
  written: toPosition('0-1-10'),
  source: undefined,
  errant: undefined,
  readOnly: true,
  waitsForStandby: false,
  acknowledgers: 1,
  acknowledges: false,
  commits: [],
};
const openPrimary: Answer = { ...answer, readOnly: false, waitsForStandby: true };
const goodStandby: Answer = { ...answer, source: connected, acknowledges: true };

const roles: Roles = {
  ...firstRoles('db-1', 'db-2', '2026-01-01T00:00:00Z'),
  standby: { id: 'db-2', eligible: true, start: 's1', since: '2026-01-01T00:00:00Z', reason: null },
  writable: { server: 'db-1', start: 'p1' },
};
const ineligible: Roles = { ...roles, standby: { ...roles.standby, eligible: false, start: null, reason: 'x' } };

const data = { isListening: false, freeBytes: 1e12, dataLost: false };
const times: Times = { awayMs: 0, hasComeUp: true, commitMs: 0, acknowledgementMs: 0, fullMs: 0 };

const situation = (change: Partial<Situation> = {}): Situation => ({
  roles,
  primary: { id: 'db-1', start: 'p1', answer: openPrimary, ...data },
  standby: { id: 'db-2', start: 's1', answer: goodStandby, ...data },
  source,
  disconnectedMs: 0,
  primaryTimes: times,
  standbyTimes: times,
  rebuilding: false,
  due: { rebuild: true, admission: true },
  ...change,
});
const primary = (change: Partial<Answer>, start = 'p1') => ({
  id: 'db-1',
  start,
  answer: { ...openPrimary, ...change },
  ...data,
});
const standby = (change: Partial<Answer>, start = 's1') => ({
  id: 'db-2',
  start,
  answer: { ...goodStandby, ...change },
  ...data,
});
const stopped = { id: 'db-2', start: undefined, answer: undefined, ...data };
const dead = { id: 'db-1', start: undefined, answer: undefined, ...data };
const silent = { id: 'db-1', start: 'p1', answer: undefined, ...data };
const hanging = { id: 'db-2', start: 's1', answer: undefined, ...data };

describe('what is done next', () => {
  test.each<[string, Situation, Action]>([
    ['all is well', situation(), { do: 'nothing', problem: undefined }],
    [
      'the standby is writable',
      situation({ standby: standby({ readOnly: false }) }),
      { do: 'make-read-only', server: 'db-2' },
    ],
    ['the standby is gone', situation({ standby: stopped }), { do: 'record-ineligible', reason: 'It does not run.' }],
    ['the standby hangs', situation({ standby: hanging }), { do: 'record-ineligible', reason: 'It does not answer.' }],
    [
      'the standby was restarted',
      situation({ standby: standby({}, 's2') }),
      { do: 'record-ineligible', reason: 'It was restarted.' },
    ],
    [
      'the primary did not wait',
      situation({ primary: primary({ waitsForStandby: false }) }),
      { do: 'record-ineligible', reason: 'The primary did not wait for it.' },
    ],
    [
      'the standby is connecting again for a moment',
      situation({ standby: standby({ source: { ...connected, receiving: 'connecting' } }), disconnectedMs: 900 }),
      { do: 'nothing', problem: undefined },
    ],
    [
      'the standby is connecting for too long',
      situation({ standby: standby({ source: { ...connected, receiving: 'connecting' } }), disconnectedMs: 3_000 }),
      { do: 'record-ineligible', reason: 'It lost its connection.' },
    ],
    ['commits wait for nobody who counts', situation({ roles: ineligible, standby: stopped }), { do: 'stop-waiting' }],
    [
      'the primary is dead, and the standby is as recorded',
      situation({ primary: dead }),
      { do: 'fail-over', reason: 'It does not run.' },
    ],
    [
      'the primary is dead, and nobody can take over',
      situation({ roles: ineligible, primary: dead }),
      { do: 'nothing', problem: 'The primary db-1 does not run.' },
    ],
    [
      'both are dead',
      situation({ primary: dead, standby: stopped }),
      { do: 'record-ineligible', reason: 'It does not run.' },
    ],
    [
      'the primary does not answer for a moment',
      situation({ primary: silent, primaryTimes: { ...times, awayMs: 1_900 } }),
      { do: 'nothing', problem: 'The primary db-1 does not answer.' },
    ],
    [
      'the primary hangs',
      situation({ primary: silent, primaryTimes: { ...times, awayMs: 2_300 } }),
      { do: 'fail-over', reason: 'It has not answered for 2.3 s.' },
    ],
    [
      'the primary hangs, and nobody can take over yet',
      situation({ roles: ineligible, primary: silent, primaryTimes: { ...times, awayMs: 2_300 } }),
      { do: 'nothing', problem: 'The primary db-1 does not answer.' },
    ],
    [
      'the primary has hung for long, and nobody can take over',
      situation({ roles: ineligible, primary: silent, primaryTimes: { ...times, awayMs: 10_000 } }),
      { do: 'restart-primary', reason: 'It has not answered for 10.0 s.' },
    ],
    [
      'the primary takes long to start, and nobody can take over',
      situation({
        roles: ineligible,
        primary: { ...silent, start: 'p2' },
        primaryTimes: { ...times, awayMs: 10_000, hasComeUp: false },
      }),
      { do: 'nothing', problem: 'The primary db-1 does not answer.' },
    ],
    [
      'both hang',
      situation({ primary: silent, standby: hanging, primaryTimes: { ...times, awayMs: 10_000 } }),
      { do: 'restart-primary', reason: 'It has not answered for 10.0 s.' },
    ],
    [
      "the primary's disk is full",
      situation({ primaryTimes: { ...times, fullMs: 2_000 } }),
      { do: 'fail-over', reason: 'Its disk has been full for 2.0 s.' },
    ],
    [
      "the primary's disk is full, and the standby's nearly",
      situation({
        primaryTimes: { ...times, fullMs: 2_000 },
        standby: { ...standby({}), freeBytes: 20 * 1024 * 1024 },
      }),
      { do: 'nothing', problem: undefined },
    ],
    [
      'a commit hangs',
      situation({ primaryTimes: { ...times, commitMs: 2_100 } }),
      { do: 'fail-over', reason: 'A commit has hung for 2.1 s.' },
    ],
    [
      "the primary's data directory is gone",
      situation({ primary: { ...primary({}), dataLost: true } }),
      { do: 'fail-over', reason: 'Its data directory is gone.' },
    ],
    [
      'the data directory of the only copy is gone, and it hangs',
      situation({ roles: ineligible, primary: { ...silent, dataLost: true }, primaryTimes: { ...times, awayMs: 1e6 } }),
      { do: 'nothing', problem: 'The primary db-1 does not answer.' },
    ],
    [
      'the standby acknowledges too late',
      situation({ primaryTimes: { ...times, acknowledgementMs: 1_200 } }),
      { do: 'record-ineligible', reason: 'It does not acknowledge in time.' },
    ],
    [
      'commits wait for a standby that may not be admitted yet',
      situation({ roles: ineligible, due: { rebuild: true, admission: false } }),
      { do: 'stop-waiting' },
    ],
    [
      "the standby's disk is full",
      situation({ standbyTimes: { ...times, fullMs: 1_500 } }),
      { do: 'record-ineligible', reason: 'Its disk is full.' },
    ],
    [
      "the standby's data directory is gone",
      situation({ standby: { ...standby({}), dataLost: true } }),
      { do: 'record-ineligible', reason: 'Its data directory is gone.' },
    ],
    [
      'the standby hangs for long',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false }),
        standby: hanging,
        standbyTimes: { ...times, awayMs: 5_000 },
      }),
      { do: 'restart-standby', reason: 'It has not answered for 5.0 s.' },
    ],
    [
      'the standby does not come up',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false }),
        standby: stopped,
        standbyTimes: { ...times, awayMs: 15_000, hasComeUp: false },
      }),
      { do: 'rebuild-standby', reason: 'It does not come up.' },
    ],
    [
      'the standby is being rebuilt',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false }),
        standby: stopped,
        rebuilding: true,
      }),
      { do: 'nothing', problem: 'The standby db-2 is being rebuilt.' },
    ],
    [
      'the primary came back and has to wait first',
      situation({ primary: primary({ readOnly: true, waitsForStandby: false }, 'p2') }),
      { do: 'start-waiting' },
    ],
    [
      'the primary came back and waits',
      situation({ primary: primary({ readOnly: true }, 'p2') }),
      { do: 'record-writable', start: 'p2' },
    ],
    [
      'it is recorded as the writable one',
      situation({ primary: primary({ readOnly: true }) }),
      { do: 'lift-read-only' },
    ],
    [
      'the other server was writable and does not answer',
      situation({
        roles: { ...ineligible, writable: { server: 'db-2', start: 's1' } },
        primary: primary({ readOnly: true, waitsForStandby: false }),
        standby: hanging,
      }),
      { do: 'fence-writable', server: 'db-2' },
    ],
    [
      'the standby has no source',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false }),
        standby: standby({ source: undefined }),
      }),
      { do: 'attach-standby', demote: false },
    ],
    [
      'the standby was the primary',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false }),
        standby: standby({ source: undefined, applied: toPosition('0-2-7') }),
      }),
      { do: 'attach-standby', demote: true },
    ],
    [
      'the standby is attached and stopped',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false }),
        standby: standby({ source: { ...connected, receiving: 'no', applying: false } }),
      }),
      { do: 'start-standby' },
    ],
    [
      'the standby cannot go on',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false }),
        standby: standby({
          source: { ...connected, receiving: 'no', error: { during: 'receiving', number: 1236, text: 'gone' } },
        }),
      }),
      { do: 'rebuild-standby', reason: 'It cannot replicate: gone' },
    ],
    [
      'the standby is far behind',
      situation({
        roles: ineligible,
        primary: primary({ waitsForStandby: false, written: toPosition('0-1-5000') }),
      }),
      { do: 'nothing', problem: 'The standby db-2 is catching up from 0-1-10.' },
    ],
    [
      'the standby has caught up',
      situation({ roles: ineligible, primary: primary({ waitsForStandby: false }) }),
      { do: 'admit-standby' },
    ],
    [
      'a failover has begun',
      situation({
        roles: { ...roles, moving: { from: 'db-1', to: 'db-2', start: 's1' } },
        primary: primary({ readOnly: true }),
      }),
      { do: 'continue-move' },
    ],
    [
      'a failover has begun and the old primary is writable',
      situation({ roles: { ...roles, moving: { from: 'db-1', to: 'db-2', start: 's1' } } }),
      { do: 'continue-move' },
    ],
    [
      'a failover is done but for the old primary',
      situation({
        roles: { ...ineligible, moving: { from: 'db-2', to: 'db-1', start: 'p1' } },
        primary: primary({ waitsForStandby: false }),
        standby: stopped,
      }),
      { do: 'restart-old-primary' },
    ],
  ])('when %s', (_, seen, action) => {
    expect(decide(seen)).toEqual(action);
  });
});

describe('in whatever situation', () => {
  const all = everySituation();

  test('there are many', () => expect(all.length).toBeGreaterThan(5_000));

  test('commits go on without the standby only once it is recorded as ineligible', () => {
    for (const seen of all) {
      if (decide(seen).do === 'stop-waiting') expect(seen.roles.standby.eligible).toBe(false);
    }
  });

  test('a primary becomes writable only if it waits for a standby that is eligible', () => {
    for (const seen of all) {
      const { do: action } = decide(seen);
      if (action !== 'lift-read-only') continue;
      expect(seen.roles.writable).toEqual({ server: seen.primary.id, start: seen.primary.start });
      expect(seen.roles.moving).toBeNull();
      if (seen.roles.standby.eligible) expect(seen.primary.answer?.waitsForStandby).toBe(true);
      expect(seen.standby.answer?.readOnly ?? true).toBe(true);
    }
  });

  test('the process that may be writable is forgotten only when it is dead or seen read-only', () => {
    for (const seen of all) {
      if (decide(seen).do !== 'record-writable') continue;
      const { writable } = seen.roles;
      const old = [seen.primary, seen.standby].find(({ id }) => id === writable?.server);
      if (old && old.start === writable?.start) expect(old.answer?.readOnly).toBe(true);
    }
  });

  test('a standby is admitted only while it replicates from the primary and acknowledges', () => {
    for (const seen of all) {
      if (decide(seen).do !== 'admit-standby') continue;
      expect(seen.standby.answer).toMatchObject({ acknowledges: true, source: { receiving: 'yes', applying: true } });
      expect(seen.primary.answer?.readOnly).toBe(false);
    }
  });

  test('a failover begins only to a standby that answers, is recorded as eligible, and has not been restarted', () => {
    for (const seen of all) {
      if (decide(seen).do !== 'fail-over') continue;
      expect(seen.roles.standby).toMatchObject({ eligible: true, start: seen.standby.start });
      expect(seen.standby.answer).toBeDefined();
      expect(seen.roles.moving).toBeNull();
    }
    expect(all.some((seen) => decide(seen).do === 'fail-over')).toBe(true);
  });

  test('a primary is killed only while it does not answer, and nobody could take over', () => {
    for (const seen of all) {
      if (decide(seen).do !== 'restart-primary') continue;
      expect(seen.primary.answer).toBeUndefined();
      expect(seen.roles.standby.eligible && seen.standby.answer !== undefined).toBe(false);
    }
  });

  function everySituation(): readonly Situation[] {
    const records: Roles[] = [];
    for (const base of [roles, ineligible]) {
      for (const writable of [null, { server: 'db-1', start: 'p1' }, { server: 'db-2', start: 's1' }])
        records.push({ ...base, writable });
    }
    const primaries: Situation['primary'][] = [
      { id: 'db-1', start: undefined, answer: undefined, ...data },
      { id: 'db-1', start: 'p1', answer: undefined, ...data },
    ];
    for (const start of ['p1', 'p2']) {
      for (const readOnly of [true, false]) {
        for (const waitsForStandby of [true, false]) {
          for (const written of ['0-1-10', '0-1-9000']) {
            primaries.push(primary({ readOnly, waitsForStandby, written: toPosition(written) }, start));
          }
        }
      }
    }
    const standbys: Situation['standby'][] = [stopped, hanging];
    const sources: (SourceState | undefined)[] = [undefined, { ...connected, host: '127.10.1.99' }];
    for (const receiving of ['yes', 'connecting', 'no'] as const) {
      for (const applying of [true, false]) sources.push({ ...connected, receiving, applying });
    }
    for (const start of ['s1', 's2']) {
      for (const readOnly of [true, false]) {
        for (const acknowledges of [true, false]) {
          for (const source of sources) standbys.push(standby({ readOnly, acknowledges, source }, start));
        }
      }
    }
    return records.flatMap((recorded) =>
      primaries.flatMap((p) =>
        standbys.flatMap((s) =>
          [0, 2_000, 10_000].map((awayMs) =>
            situation({ roles: recorded, primary: p, standby: s, primaryTimes: { ...times, awayMs } }),
          ),
        ),
      ),
    );
  }
});
