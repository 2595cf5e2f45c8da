import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ReplicaKeeper } from '../../../../src/local/control-plane/replica-keeper.js';
import type { NewEvent } from '../../../../src/local/event-journal.js';
import type { GateStatus, ReplicationGate } from '../../../../src/platform/databases.js';
import type { Edition, ServerId } from '../../../../src/platform/edition.js';
import type { Platform } from '../../../../src/platform/platform.js';
import { toPosition } from '../../../../src/platform/position.js';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'keeper-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

/** Two replicas with their gates closed, and what prod is to serve; nobody can be copied. */
function prodWith(edition: Edition, standing: Readonly<Record<ServerId, string>>) {
  let recorded = edition;
  const weights: Record<ServerId, number> = { 'replica-1': 0, 'replica-2': 100 };
  const told: NewEvent[] = [];
  const statusOf = (id: ServerId): GateStatus => ({
    gate: 'closed',
    position: toPosition(standing[id] ?? ''),
    errant: undefined,
    error: undefined,
  });
  const gate = {
    status: async (id: ServerId) => statusOf(id),
    close: async () => undefined,
  } as Partial<ReplicationGate>;
  const look = async (id: ServerId) => ({
    id,
    start: 's1',
    answer: {
      applied: statusOf(id).position,
      written: statusOf(id).position,
      source: undefined,
      errant: undefined,
      readOnly: true,
      waitsForStandby: false,
      acknowledgers: 0,
      acknowledges: false,
      commits: [],
    },
    isListening: true,
    freeBytes: 1e12,
    dataLost: false,
  });
  const platform = {
    database: {
      gate,
      databases: { topology: async () => ({ replicas: ['replica-1', 'replica-2'] }) },
      routing: {
        setWeight: async (id: ServerId, weight: number) => {
          weights[id] = weight;
        },
      },
    },
    releases: {
      currentEdition: async () => recorded,
      setCurrentEdition: async (next: Edition) => {
        recorded = next;
      },
    },
    fleet: { instances: async () => [] },
  };
  const keeper = new ReplicaKeeper({
    layout: { configFile: '', stateDir, runtimeDir: stateDir, machineDir: stateDir },
    replicas: ['replica-1', 'replica-2'],
    processes: { kill: async () => undefined, start: async () => undefined },
    looks: { look, end: async () => undefined },
    gate: gate as ReplicationGate,
    edition: async () => recorded,
    weights: () => weights,
    platform: async () => platform as unknown as Platform,
    tell: (event) => void told.push(event),
  });
  const round = async () => {
    await keeper.round(new AbortController().signal);
    await keeper.end();
  };
  return { round, weights, told, edition: () => recorded };
}

const edition: Edition = { id: 4, release: 3, position: toPosition('0-1-20'), replicas: ['replica-1', 'replica-2'] };

test('when both replicas are past the edition, the one that has moved least answers alone', async () => {
  const prod = prodWith(edition, { 'replica-1': '0-1-22', 'replica-2': '0-1-25' });
  await prod.round();
  expect(prod.edition().replicas).toEqual(['replica-1']);
  expect(prod.weights).toEqual({ 'replica-1': 100, 'replica-2': 0 });
  expect(prod.told.map(({ kind }) => kind)).toContain('ahead-of-edition');
});

test('a replica that stands before the edition never answers for it: not after a bake that was cut off either', async () => {
  const inBake = { ...edition, replicas: ['replica-2'] };
  const prod = prodWith(inBake, { 'replica-1': '0-1-10', 'replica-2': '0-1-25' });
  await prod.round();
  expect(prod.edition().replicas).toEqual(['replica-2']);
  expect(prod.weights).toEqual({ 'replica-1': 0, 'replica-2': 100 });
  expect(prod.told.map(({ kind }) => kind)).toContain('ahead-of-edition');
});
