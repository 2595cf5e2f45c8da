import type { Drill } from '../drill.js';
import type { Stage } from '../stage.js';
import { needsDatabase } from './needs.js';

async function standbyOf({ platform }: Stage): Promise<string> {
  const topology = await platform.database?.databases.topology();
  if (topology?.standby === undefined) throw new RangeError('There is no standby.');
  return topology.standby;
}

export const standbyKill: Drill = {
  name: 'standby-kill',
  summary: "the standby of dev's database is killed; writes wait for a moment and go on",
  unfit: needsDatabase,
  fault: async (stage) => {
    const standby = await standbyOf(stage);
    await stage.strike(`${standby}, the standby, killed`, () => stage.faults.kill([standby]));
  },
};
