import type { EnvironmentName } from '../../site/schema.js';
import type { Drill } from '../drill.js';
import { choose } from '../random.js';
import type { Stage } from '../stage.js';

/** A running instance of an environment. */
async function anInstance({ platform, random }: Stage, environment: EnvironmentName): Promise<string> {
  return choose(random, await platform.fleet.instances(environment)).id;
}

/** One of prod and one of dev: visitors and authors both lose one. */
const someOfBoth = async (stage: Stage) => [await anInstance(stage, 'prod'), await anInstance(stage, 'dev')];

export const instanceKill: Drill = {
  name: 'instance-kill',
  summary: 'nginx and PHP-FPM of one instance of prod and one of dev are killed',
  fault: async (stage) => {
    const hosts = await someOfBoth(stage);
    const names = hosts.flatMap((host) => [`${host}.nginx`, `${host}.php-fpm`]);
    await stage.strike(`${hosts.join(' and ')} killed`, () => stage.faults.kill(names));
  },
};

export const instanceHang: Drill = {
  name: 'instance-hang',
  summary: 'nginx and PHP-FPM of one instance of prod hang: they hold their connections and do nothing',
  fault: async (stage) => {
    const host = await anInstance(stage, 'prod');
    await stage.strike(`${host} hangs`, () => stage.faults.hang([`${host}.nginx`, `${host}.php-fpm`]));
  },
};

export const phpFpmKill: Drill = {
  name: 'php-fpm-kill',
  summary: 'PHP-FPM of one instance of prod and one of dev is killed; nginx goes on',
  fault: async (stage) => {
    const hosts = await someOfBoth(stage);
    await stage.strike(`PHP-FPM of ${hosts.join(' and ')} killed`, () =>
      stage.faults.kill(hosts.map((host) => `${host}.php-fpm`)),
    );
  },
};
