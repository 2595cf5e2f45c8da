/** Sums up the access logs of one folder, in a process of its own so that its memory can be told. */
import { join } from 'node:path';
import { summaryOf } from '../dist/access-log/summary-of.js';
import { LocalAccessLogs } from '../dist/local/access-log/local-access-logs.js';
import { SpoolProgress } from '../dist/local/access-log/spool.js';

const [, , folder = ''] = process.argv;
const logs = new LocalAccessLogs({
  folder,
  spools: [],
  progress: new SpoolProgress(join(folder, 'none.json')),
  names: { balancer: 'app/bench/0', targetGroups: { dev: '', prod: '' } },
  writer: { account: '000000000000', region: 'local', balancer: 'app.bench.0' },
});
const started = performance.now();
const until = Date.now();
const { requests } = await summaryOf(logs, { since: until - 2 * 3_600_000, until, domain: 'bench.localhost' });
// In kilobytes on Linux.
const maxRssMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ requests, ms: performance.now() - started, maxRssMb }));
