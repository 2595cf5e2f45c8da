import { dirname } from 'node:path';
import type { Verb } from '../command.js';

export const init: Verb = {
  name: 'init',
  summary: 'write a commented site definition into this folder',
  examples: [
    ['init', 'named after the folder'],
    ['init my-shop', 'with a name of your own'],
  ],
  declare: (command) => command.argument('[name]', "the site's name"),
  async run({ terminal, configFile }, _, [name]) {
    const { initSite } = await import('../../site/init.js');
    const file = await initSite(dirname(configFile), name);
    terminal.result({ file }, () => `Wrote ${file}. Everything in it but the name has a default.\nNext: understudy up`);
    return 0;
  },
};
