import { crash } from './crash.js';
import { soakFaults } from './faults.js';
import { promotions } from './promotions.js';

/**
 * @typedef {object} SoakOptions
 * @property {number} minutes  how long to go on; what is under way then comes to its end
 * @property {number} seed  the same seed gives the same decisions in the same order
 * @property {AbortSignal} signal  aborted by Ctrl-C
 * @property {(line: string) => void} say  for whoever watches
 *
 * @typedef {object} SoakResult
 * @property {boolean} held  whether nothing broke
 * @property {string} summary  one paragraph for people
 *   and whatever else the soak counted, for `--json`
 *
 * @typedef {object} Soak
 * @property {string} summary
 * @property {(options: SoakOptions) => Promise<SoakResult>} run
 */

/** @type {Readonly<Record<string, Soak>>} */
export const soaks = {
  crash,
  faults: { summary: 'faults chosen at random, under visitors and writes', run: soakFaults },
  promotions,
};
