import type { Drill } from '../drill.js';
import { choose } from '../random.js';
import { darken } from './dark.js';
import { needsDatabase } from './needs.js';

/** Longer than starting a server takes, so that the others must do without. */
const darkMs = 5_000;

export const zoneOutage: Drill = {
  name: 'zone-outage',
  summary: 'everything in one zone dies at once and stays dead for five seconds: instances, database servers',
  unfit: ({ site }) => (site.zones.length > 1 ? undefined : 'the site has one zone'),
  fault: async (stage) => {
    const zone = choose(stage.random, stage.site.zones.slice(0, 2));
    const names = (await stage.faults.parts()).filter((part) => part.zone === zone).map(({ name }) => name);
    await darken(stage, `zone ${zone} is lost: ${names.join(', ')}`, names, darkMs);
  },
};

export const allDatabases: Drill = {
  name: 'all-databases',
  summary: 'all four database servers die at once and stay dead for five seconds; prod serves what is in its caches',
  unfit: needsDatabase,
  fault: async (stage) => {
    const databases = (await stage.faults.parts()).filter(({ role }) => role === 'database');
    const names = databases.map(({ name }) => name);
    await darken(stage, 'all databases killed', names, darkMs);
  },
};
