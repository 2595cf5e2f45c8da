// Compares two tables of 1,000,000 rows of which 100 differ, on two real MariaDB servers, and prints what it took.
//
//   npm run build && node bench/content.js [--rows 1000000] [--json]
//
// Rows are as WordPress's wp_postmeta has them. The largest resident memory is this process's, the servers' left out.
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checksumTables } from '../dist/content/checksum-tables.js';
import { compareDatabases } from '../dist/content/compare-databases.js';
import { silent } from '../dist/output/messages.js';
import { Secret } from '../dist/output/secret.js';
import { killDaemon, startDaemon } from '../dist/process/daemon.js';
import { run } from '../dist/process/run.js';
import { waitUntil } from '../dist/process/wait.js';
import { connect } from '../dist/sql/connect.js';

const addresses = { before: '127.13.9.1', after: '127.13.9.2' };
const differing = 100;

/**
 * @param {{ rows?: number }} options
 * @returns what was measured: milliseconds and bytes
 */
export async function benchContent({ rows = 1_000_000 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-content-'));
  await chmod(folder, 0o755);
  const started = [];
  try {
    const open = await startServers(folder, started);
    const [before, after] = await Promise.all([open('before'), open('after')]);
    await Promise.all([fill(before, rows), fill(after, rows)]);
    const equal = await timed(() => compare(before, after));
    await edit(after, rows);
    const edited = await timed(() => compare(before, after));
    const { inserted, updated, deleted } = edited.result.tables[0];
    if (inserted + updated + deleted !== differing) throw new Error(`Found ${inserted}, ${updated}, ${deleted}.`);
    const checksums = await timed(() => checksumTables(after, 'bench', { signal: new AbortController().signal }));
    await Promise.all([before.end(), after.end()]);
    return {
      rows,
      cores: cpus().length,
      equalMs: equal.ms,
      editedMs: edited.ms,
      found: { inserted, updated, deleted },
      checksumMs: checksums.ms,
      // In kilobytes on Linux.
      largestRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    for (const ref of started) await killDaemon(ref);
    await rm(folder, { recursive: true, force: true });
  }
}

async function startServers(folder, started) {
  const root = process.getuid?.() === 0;
  const user = root ? 'nobody' : execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  const template = join(folder, 'template');
  await run('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${template}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const password = new Secret('bench');
  for (const [side, address] of Object.entries(addresses)) {
    const dataDir = join(folder, side);
    cpSync(template, dataDir, { recursive: true });
    if (root) await run('chown', ['-R', user, dataDir]);
    started.push(
      await startDaemon({
        program: 'mariadbd',
        args: [
          '--no-defaults',
          `--user=${user}`,
          `--datadir=${dataDir}`,
          `--bind-address=${address}`,
          `--socket=${dataDir}/s`,
          '--skip-name-resolve',
          '--innodb-buffer-pool-size=64M',
          '--performance-schema=OFF',
        ],
        logFile: `${dataDir}.log`,
      }),
    );
    const client = ['--no-defaults', '-uroot', `--socket=${dataDir}/s`];
    await waitUntil(() => run('mariadb', client, { input: 'SELECT 1' }).catch(() => undefined), {
      what: `${address} to answer`,
      deadlineMs: 30_000,
    });
    await run('mariadb', client, {
      input: `CREATE DATABASE bench; CREATE USER b@'127.%' IDENTIFIED BY '${password.reveal()}'; GRANT ALL ON *.* TO b@'127.%'`,
    });
  }
  return (side) => connect({ host: addresses[side], port: 3306, user: 'b', password, database: 'bench' });
}

async function fill(connection, rows) {
  const ask = (sql) => connection.query(sql, [], 300_000);
  await ask(
    `CREATE TABLE postmeta (meta_id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, post_id BIGINT UNSIGNED NOT NULL,
       meta_key VARCHAR(255), meta_value LONGTEXT, KEY post_id (post_id), KEY meta_key (meta_key(191)))
       DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  );
  await ask(
    `INSERT INTO postmeta SELECT seq, seq DIV 5, CONCAT('_key_', seq MOD 20), CONCAT('a value of some length, number ', seq)
       FROM seq_1_to_${rows}`,
  );
}

/** 80 rows changed, 10 removed, 10 added, spread evenly. */
async function edit(connection, rows) {
  const every = Math.floor(rows / 90);
  await connection.query(`UPDATE postmeta SET meta_value = 'edited' WHERE meta_id MOD ${every} = 1 LIMIT 80`, [], 300_000);
  await connection.query('DELETE FROM postmeta ORDER BY meta_id DESC LIMIT 10');
  await connection.query("INSERT INTO postmeta (post_id, meta_key) SELECT seq, 'new' FROM seq_1_to_10");
}

const compare = (before, after) =>
  compareDatabases(before, after, {
    schemas: { before: 'bench', after: 'bench' },
    report: silent,
    signal: new AbortController().signal,
  });

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { result, ms: Math.round(performance.now() - start) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, json: { type: 'boolean' } } });
  const found = await benchContent({ rows: Number(values.rows) });
  const lines = [
    `${found.rows} rows, none differs: ${(found.equalMs / 1000).toFixed(1)} s`,
    `${found.rows} rows, 100 differ:   ${(found.editedMs / 1000).toFixed(1)} s`,
    `checksum of one server's:     ${(found.checksumMs / 1000).toFixed(1)} s`,
    `largest resident memory:      ${Math.round(found.largestRssBytes / 1024 / 1024)} MB`,
  ];
  process.stdout.write(values.json ? `${JSON.stringify(found)}\n` : `${lines.join('\n')}\n`);
}
