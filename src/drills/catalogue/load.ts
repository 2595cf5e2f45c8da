import { waitUntil } from '../../process/wait.js';
import type { Drill } from '../drill.js';

/** More than the PHP workers of the instances that always run. */
const crowdPerInstance = 10;
/** Until another instance serves, on a machine that is busy with the crowd. */
const scaleOutMs = 60_000;

export const loadSpike: Drill = {
  name: 'load-spike',
  summary: 'a crowd asks for pages that are in no cache, until another instance of prod serves, and goes away',
  unfit: ({ site }) => {
    const { min, max } = site.environments.prod.capacity;
    return max > min ? undefined : 'prod has no room for another instance (environments.prod.capacity.max)';
  },
  fault: async (stage) => {
    const { site, platform, signal, note } = stage;
    const { max } = site.environments.prod.capacity;
    const before = (await platform.fleet.instances('prod')).length;
    if (before === max) {
      stage.blame([`prod has ${max} instances already, and may have no more`]);
      return;
    }
    const crowd = before * crowdPerInstance;
    const came = performance.now();
    await stage.strike(`${crowd} more visitors at once`, async () => stage.crowd(crowd));
    try {
      const isServing = async () => {
        const now = await platform.fleet.instances('prod');
        return now.length > before && now.every(({ state }) => state === 'healthy');
      };
      await waitUntil(isServing, { what: 'another instance to serve', deadlineMs: scaleOutMs, everyMs: 200, signal });
      note(`another instance serves after ${((performance.now() - came) / 1000).toFixed(1)} s`);
    } finally {
      stage.crowd(0);
      note('the crowd goes');
    }
  },
};
