import { commits } from './commits.js';
import { content } from './content.js';
import { failover } from './failover.js';
import { importing } from './import.js';
import { idle } from './memory.js';
import { failedRequests, promotion, rollback } from './promotions.js';
import { cache } from './requests.js';
import { scale } from './scale.js';
import { slowFiles } from './slow-files/bench.js';
import { start, status } from './start.js';
import { traffic } from './traffic.js';

/**
 * @typedef {object} Result
 * @property {string} what
 * @property {number | undefined} value  undefined: it could not be measured, and `note` says why
 * @property {string} unit
 * @property {string} [goal]
 * @property {boolean} [met]
 * @property {string} [note]  how it was measured, or what else was seen
 */

/** In this order: the first one needs a site that has never been up. */
export const benches = {
  up: { summary: 'starting and stopping', measure: start },
  status: { summary: 'asking where everything stands', measure: status },
  idle: { summary: 'memory of the platform when nothing happens', measure: idle },
  promote: {
    summary:
      'promotions of one edited post and one edited file; files from a slow file system, beside rsync and rclone',
    measure: async (site) => [...(await promotion(site)), ...(await slowFiles(site))],
  },
  rollback: { summary: 'taking a promotion back while it is watched', measure: rollback },
  import: { summary: 'loading a dump, and replacing addresses', measure: importing },
  content: { summary: 'comparing two databases', measure: content },
  'failed-requests': { summary: 'visitors during promotions', measure: failedRequests },
  scale: { summary: 'instances that come and go with the load', measure: scale },
  traffic: { summary: 'summing up access logs', measure: traffic },
  failover: { summary: 'losing the primary, and an instance', measure: failover },
  commits: { summary: 'commits on two servers, beside one', measure: commits },
  cache: { summary: "prod's cached home page", measure: cache },
};
