import { compareDatabases } from '../../../src/content/compare-databases.js';
import { silent } from '../../../src/output/messages.js';
import { Secret } from '../../../src/output/secret.js';
import { connect } from '../../../src/sql/connect.js';

/** A process of its own that compares, so that its memory can be told: BEFORE AFTER, two addresses. */
const [before = '', after = ''] = process.argv.slice(2);
const password = new Secret(process.env.CONTENT_PASSWORD ?? '');
const open = (host: string) => connect({ host, port: 3306, user: 'content', password });
const connections = [await open(before), await open(after)] as const;
let told = 0;
const { tables } = await compareDatabases(...connections, {
  schemas: { before: 'site', after: 'site' },
  report: silent,
  signal: new AbortController().signal,
  onChange: () => {
    told += 1;
  },
});
await Promise.all(connections.map((connection) => connection.end()));
// In kilobytes on Linux.
const rssMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ told, rssMb, tables }));
