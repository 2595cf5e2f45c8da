import { waitUntil } from '../../process/wait.js';
import type { Drill } from '../drill.js';
import { choose } from '../random.js';
import type { Stage } from '../stage.js';
import { needsDatabase } from './needs.js';

async function aReplica({ platform, random }: Stage): Promise<string> {
  const topology = await platform.database?.databases.topology();
  return choose(random, topology?.replicas ?? []);
}

export const replicaKill: Drill = {
  name: 'replica-kill',
  summary: 'one of the two replicas of prod is killed',
  unfit: needsDatabase,
  fault: async (stage) => {
    const replica = await aReplica(stage);
    await stage.strike(`${replica} killed`, () => stage.faults.kill([replica]));
  },
};

export const replicaReboot: Drill = {
  name: 'replica-reboot',
  summary: 'one of the two replicas of prod ends and starts again; its gate must stay closed',
  unfit: needsDatabase,
  fault: async (stage) => {
    const replica = await aReplica(stage);
    await stage.strike(`${replica} told to end`, () => stage.faults.terminate([replica]));
  },
};

/** Within which a leak must be found: prod must not show what was not promoted for longer. */
const foundMs = 10_000;
/** Within which it must be told that it is over, once it is. */
const toldMs = 5_000;

export const gateLeak: Drill = {
  name: 'gate-leak',
  summary: 'somebody starts replication on one replica by hand; it is stopped, taken out, and made a copy of the other',
  unfit: needsDatabase,
  fault: async (stage) => {
    const { platform, strike, signal, blame } = stage;
    const replica = await aReplica(stage);
    const since = new Date().toISOString();
    await strike(`replication started on ${replica} by hand`, async () => platform.database?.gate.open(replica));
    const told = async (kind: 'leak-found' | 'leak-closed') =>
      (await platform.events.read(since)).some((event) => event.kind === kind && event.subject === replica);
    const wait = { everyMs: 100, signal };
    await waitUntil(() => told('leak-found'), { ...wait, what: 'the leak to be found', deadlineMs: foundMs }).catch(
      () => blame([`the leak was not found within ${foundMs / 1000} s`]),
    );
    await stage.whole();
    // Whoever tells looks once a second.
    await waitUntil(() => told('leak-closed'), { ...wait, what: 'it to be told', deadlineMs: toldMs }).catch(() =>
      blame(['nobody told that the leak was closed']),
    );
  },
};
