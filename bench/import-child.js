/** `load ADDRESS DUMP` or `rewrite ADDRESS SCHEMA`: prints how long it took and how much memory, as JSON. */
import { parseAddress } from '../dist/content/rewrite/address.js';
import { addressRewriter } from '../dist/content/rewrite/address-rewriter.js';
import { rewriteDatabase } from '../dist/content/rewrite/rewrite-database.js';
import { openDump } from '../dist/import/dump/open-dump.js';
import { loadDump } from '../dist/import/load.js';
import { silent } from '../dist/output/messages.js';
import { Secret } from '../dist/output/secret.js';
import { connectForBytes } from '../dist/sql/bytes-connection.js';
import { connect } from '../dist/sql/connect.js';

const [what, host, subject] = process.argv.slice(2);
const access = { host, port: 3306, user: 'b', password: new Secret('bench') };
const { signal } = new AbortController();
const started = performance.now();
if (what === 'load') {
  const connection = await connectForBytes(access);
  await loadDump({
    connection,
    into: 'ours',
    dump: await openDump(subject),
    schema: undefined,
    prefix: 'wp_',
    report: silent,
    signal,
  });
  connection.destroy();
} else {
  const rewriter = addressRewriter(
    [parseAddress('https://www.old-shop.example')],
    parseAddress('https://dev.shop.localhost:8443'),
  );
  const connection = await connect({ ...access, database: subject });
  const { columns } = await rewriteDatabase(connection, {
    schema: subject,
    rewriter,
    writes: true,
    report: silent,
    signal,
  });
  if (columns[0]?.values !== 100_000) throw new Error(`Rewrote ${columns[0]?.values} values.`);
  await connection.end();
}
const s = (performance.now() - started) / 1000;
process.stdout.write(JSON.stringify({ s, rssMb: process.resourceUsage().maxRSS / 1024 }));
