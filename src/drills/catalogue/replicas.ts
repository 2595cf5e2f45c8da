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
