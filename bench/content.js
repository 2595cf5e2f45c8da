/**
 * Comparing two databases: tables like WordPress's wp_postmeta on two MariaDB servers of its own, not on the site.
 */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksumTables } from '../dist/content/checksum-tables.js';
import { compareDatabases } from '../dist/content/compare-databases.js';
import { silent } from '../dist/output/messages.js';
import { Secret } from '../dist/output/secret.js';
import { killDaemon, startDaemon } from '../dist/process/daemon.js';
import { run } from '../dist/process/run.js';
import { waitUntil } from '../dist/process/wait.js';
import { connect } from '../dist/sql/connect.js';
import { median, spread } from './numbers.js';

const addresses = { before: '127.13.9.1', after: '127.13.9.2' };
const rows = 1_000_000;
const differing = 100;
const runs = 3;

/** @param {{ readonly signal: AbortSignal }} site @returns {Promise<import('./benches.js').Result[]>} */
export async function content({ signal }) {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-content-'));
  await chmod(folder, 0o755);
  const started = [];
  try {
    const open = await startServers(folder, started);
    const [before, after] = await Promise.all([open('before'), open('after')]);
    await Promise.all([fill(before), fill(after)]);
    const equal = await times(() => compare(before, after, signal, 0));
    await edit(after);
    const edited = await times(() => compare(before, after, signal, differing));
    const checksums = await times(() => checksumTables(after, 'bench', { signal }));
    await Promise.all([before.end(), after.end()]);
    // In kilobytes on Linux.
    const memoryMb = process.resourceUsage().maxRSS / 1024;
    return [
      inSeconds(`comparing ${rows} rows, none differs`, equal),
      {
        ...inSeconds(`comparing ${rows} rows, ${differing} differ`, edited),
        goal: 'under 10 s',
        met: median(edited) < 10,
      },
      inSeconds(`checksum of ${rows} rows`, checksums),
      {
        what: 'memory of the comparing process at most',
        value: memoryMb,
        unit: 'MB',
        goal: 'under 300 MB',
        met: memoryMb < 300,
        note: 'largest RSS of the whole bench so far',
      },
    ];
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

async function fill(connection) {
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
async function edit(connection) {
  const every = Math.floor(rows / 90);
  await connection.query(
    `UPDATE postmeta SET meta_value = 'edited' WHERE meta_id MOD ${every} = 1 LIMIT 80`,
    [],
    300_000,
  );
  await connection.query('DELETE FROM postmeta ORDER BY meta_id DESC LIMIT 10');
  await connection.query("INSERT INTO postmeta (post_id, meta_key) SELECT seq, 'new' FROM seq_1_to_10");
}

async function compare(before, after, signal, expected) {
  const { tables } = await compareDatabases(before, after, {
    schemas: { before: 'bench', after: 'bench' },
    report: silent,
    signal,
  });
  const found = tables.reduce((sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted, 0);
  if (found !== expected) throw new Error(`Found ${found} rows that differ, not ${expected}.`);
}

/** In seconds. */
async function times(work) {
  const seconds = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

const inSeconds = (what, seconds) => ({ what, value: median(seconds), unit: 's', note: spread(seconds) });
