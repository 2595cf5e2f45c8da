import type { Drill } from '../drill.js';
import type { Stage } from '../stage.js';
import { needsDatabase } from './needs.js';

async function primaryOf({ platform }: Stage): Promise<string> {
  const topology = await platform.database?.databases.topology();
  if (!topology) throw new RangeError('There is no primary.');
  return topology.primary;
}

async function killPrimary(stage: Stage): Promise<void> {
  const primary = await primaryOf(stage);
  await stage.strike(`${primary}, the primary, killed`, () => stage.faults.kill([primary]));
}

export const primaryKill: Drill = {
  name: 'primary-kill',
  summary: "the primary of dev's database is killed; the standby takes over",
  unfit: needsDatabase,
  fault: killPrimary,
};

export const primaryHang: Drill = {
  name: 'primary-hang',
  summary: "the primary of dev's database hangs: it holds its connections and does nothing",
  unfit: needsDatabase,
  fault: async (stage) => {
    const primary = await primaryOf(stage);
    await stage.strike(`${primary}, the primary, hangs`, () => stage.faults.hang([primary]));
  },
};

export const primaryTwice: Drill = {
  name: 'primary-twice',
  summary: "the primary of dev's database is killed, and the one that took over as well; then prod is promoted",
  unfit: needsDatabase,
  fault: async (stage) => {
    await killPrimary(stage);
    await stage.whole();
    await killPrimary(stage);
  },
  // The gated replicas must find every change in the history of a server that was not primary when it was made.
  check: async ({ promote, note }) => {
    const { outcome, problem } = await promote({ bakeSeconds: 0 });
    note(`promotion: ${outcome}`);
    return outcome === 'promoted' ? [] : [`the promotion after two failovers was ${outcome}: ${problem}`];
  },
};

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
