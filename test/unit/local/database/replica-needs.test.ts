import { expect, test } from 'vitest';
import type { Times } from '../../../../src/local/database/look-history.js';
import type { Answer, Observation } from '../../../../src/local/database/observe.js';
import { needOf, type ReplicaSituation } from '../../../../src/local/database/replica-needs.js';
import type { Edition } from '../../../../src/platform/edition.js';
import { toPosition } from '../../../../src/platform/position.js';
import type { SourceState } from '../../../../src/replication/dialect.js';

const edition: Edition = { id: 3, release: 2, position: toPosition('0-1-10'), replicas: ['replica-1', 'replica-2'] };
const times: Times = { awayMs: 0, hasComeUp: true, commitMs: 0, acknowledgementMs: 0, fullMs: 0 };
const gated: Answer = {
  applied: toPosition('0-1-10'),
  written: toPosition('0-1-10'),
  source: undefined,
  errant: undefined,
  readOnly: true,
  waitsForStandby: false,
  acknowledgers: 0,
  acknowledges: false,
  commits: [],
};
const following: SourceState = {
  host: '127.0.0.1',
  port: 3306,
  receiving: 'yes',
  applying: true,
  until: false,
  received: toPosition('0-1-12'),
  error: undefined,
};
const seen = (answer: Partial<Answer> | undefined, change: Partial<Observation> = {}): Observation => ({
  id: 'replica-1',
  start: 's1',
  answer: answer && { ...gated, ...answer },
  isListening: false,
  freeBytes: 1e12,
  dataLost: false,
  ...change,
});
const situation = (change: Partial<ReplicaSituation>): ReplicaSituation => ({
  seen: seen({}),
  times,
  edition,
  promoting: false,
  weight: 100,
  ...change,
});
const moved = { applied: toPosition('0-1-11') };
const bake: Edition = { ...edition, replicas: ['replica-2'] };
const open: Edition = { ...edition, following: { since: '2026-01-01T00:00:00Z', gates: 'open' } };

test.each<[string, Partial<ReplicaSituation>, string]>([
  ['stands at the edition, gate closed', {}, 'nothing'],
  ['the same without traffic', { weight: 0 }, 'take-in'],
  ['the same without traffic, during a promotion', { weight: 0, promoting: true }, 'nothing'],
  ['follows dev without end', { seen: seen({ source: following }) }, 'close'],
  ['follows dev without end, during a promotion', { seen: seen({ source: following }), promoting: true }, 'close'],
  ['follows dev before the first promotion', { seen: seen({ source: following }), edition: undefined }, 'close'],
  ['follows dev as it is meant to', { seen: seen({ source: following, ...moved }), edition: open }, 'nothing'],
  [
    'advances in a promotion',
    { seen: seen({ source: { ...following, until: true } }), promoting: true, edition: bake },
    'nothing',
  ],
  ['advances although nobody promotes', { seen: seen({ source: { ...following, until: true } }) }, 'close'],
  ['has moved', { seen: seen(moved) }, 'rebuild'],
  ['has moved, during a promotion', { seen: seen(moved), promoting: true }, 'nothing'],
  ['has moved, and the edition does not name it', { seen: seen(moved), edition: bake }, 'nothing'],
  ['was written to', { seen: seen({ errant: '0-11-11' }) }, 'rebuild'],
  ['hangs for a moment', { seen: seen(undefined), times: { ...times, awayMs: 3_000 } }, 'nothing'],
  ['hangs', { seen: seen(undefined), times: { ...times, awayMs: 5_000 } }, 'restart'],
  ['takes long to start', { seen: seen(undefined), times: { ...times, awayMs: 20_000, hasComeUp: false } }, 'nothing'],
  ['has just died', { seen: seen(undefined, { start: undefined }), times: { ...times, awayMs: 500 } }, 'nothing'],
  ['does not come up', { seen: seen(undefined, { start: undefined }), times: { ...times, awayMs: 15_000 } }, 'rebuild'],
  ['has lost its data, and answers still', { seen: seen({}, { dataLost: true }) }, 'rebuild'],
  ['has lost its data, during a promotion', { seen: seen({}, { dataLost: true }), promoting: true }, 'nothing'],
])('a replica that %s', (_, change, need) => {
  expect(needOf(situation(change)).do).toBe(need);
});
