/**
 * Loading a dump beside the plain client, and rewriting a million rows beside a PHP script that unserialises and
 * serialises row by row. On a MariaDB server of its own, not on the site.
 */
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killDaemon, startDaemon } from '../dist/process/daemon.js';
import { run } from '../dist/process/run.js';
import { waitUntil } from '../dist/process/wait.js';
import { median, spread } from './numbers.js';

const address = '127.14.9.1';
const rows = 1_000_000;
const runs = 3;
const child = fileURLToPath(new URL('./import-child.js', import.meta.url));
const rewriterInPhp = fileURLToPath(new URL('./import-rewrite.php', import.meta.url));

/** @param {{ readonly signal: AbortSignal }} site @returns {Promise<import('./benches.js').Result[]>} */
export async function importing({ signal }) {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-import-'));
  await chmod(folder, 0o755);
  const server = await startServer(folder);
  try {
    const dump = join(folder, 'dump.sql');
    await writeDump(dump);
    const megabytes = (await stat(dump)).size / 1e6;
    const [plain, ours] = [[], []];
    let memoryMb = 0;
    for (let at = 0; at < runs; at++) {
      signal.throwIfAborted();
      await server.sql('DROP DATABASE IF EXISTS plain; CREATE DATABASE plain CHARACTER SET utf8mb4');
      plain.push(await seconds(() => feed(dump, server.client('plain'))));
      const { s, rssMb } = await runChild(['load', address, dump]);
      ours.push(s);
      memoryMb = Math.max(memoryMb, rssMb);
    }
    const copyTo = (schema) =>
      server.sql(
        `DROP DATABASE IF EXISTS ${schema}; CREATE DATABASE ${schema}; CREATE TABLE ${schema}.wp_postmeta LIKE plain.wp_postmeta; INSERT INTO ${schema}.wp_postmeta SELECT * FROM plain.wp_postmeta`,
      );
    const rewriting = [];
    for (let at = 0; at < runs; at++) {
      signal.throwIfAborted();
      await copyTo('rewritten');
      const { s, rssMb } = await runChild(['rewrite', address, 'rewritten']);
      rewriting.push(s);
      memoryMb = Math.max(memoryMb, rssMb);
    }
    await copyTo('by_php');
    // Once: it takes minutes.
    const php = [
      await seconds(() =>
        run('php', ['-d', 'memory_limit=1G', rewriterInPhp, server.socket, 'by_php'], {
          signal,
          deadlineMs: 1_800_000,
        }),
      ),
    ];
    const share = median(plain) / median(ours);
    return [
      {
        what: `loading ${Math.round(megabytes)} MB of SQL, ${rows} rows`,
        value: median(ours),
        unit: 's',
        note: spread(ours),
      },
      { what: '… with the plain client', value: median(plain), unit: 's', note: spread(plain) },
      {
        what: "… speed, as a share of the plain client's",
        value: share,
        unit: '',
        goal: 'at least 0.5',
        met: share >= 0.5,
      },
      {
        what: `rewriting ${rows} rows, a tenth with the address`,
        value: median(rewriting),
        unit: 's',
        goal: 'under 30 s',
        met: median(rewriting) < 30,
        note: spread(rewriting),
      },
      { what: '… a PHP script, row by row', value: median(php), unit: 's', note: spread(php) },
      { what: '… how many times as long it takes', value: median(php) / median(rewriting), unit: '' },
      {
        what: 'memory of either at most',
        value: memoryMb,
        unit: 'MB',
        goal: 'under 300 MB',
        met: memoryMb < 300,
        note: 'largest RSS of the process',
      },
    ];
  } finally {
    await killDaemon(server.ref);
    await rm(folder, { recursive: true, force: true });
  }
}

async function startServer(folder) {
  const root = process.getuid?.() === 0;
  const dataDir = join(folder, 'data');
  const tmpDir = join(folder, 'tmp');
  await run('mkdir', ['-m', '777', tmpDir]);
  await run(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${dataDir}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { env: { TMPDIR: tmpDir } },
  );
  if (root) await run('chown', ['-R', 'nobody', dataDir]);
  const socket = join(dataDir, 's');
  const ref = await startDaemon({
    program: 'mariadbd',
    args: [
      '--no-defaults',
      ...(root ? ['--user=nobody'] : []),
      `--datadir=${dataDir}`,
      `--tmpdir=${tmpDir}`,
      `--bind-address=${address}`,
      `--socket=${socket}`,
      '--skip-name-resolve',
      '--innodb-buffer-pool-size=64M',
      // As a site's servers are, but for the standby.
      '--log-bin=bin',
      '--binlog-format=ROW',
      '--sync-binlog=1',
      '--max-allowed-packet=256M',
      '--performance-schema=OFF',
    ],
    logFile: `${dataDir}.log`,
  });
  const client = (schema) => ['--no-defaults', '-uroot', `--socket=${socket}`, ...(schema ? [schema] : [])];
  const sql = (input) => run('mariadb', client(), { input, deadlineMs: 600_000 });
  await waitUntil(() => sql('SELECT 1').catch(() => undefined), { what: 'the server to answer', deadlineMs: 60_000 });
  await sql("CREATE USER b@'127.%' IDENTIFIED BY 'bench'; GRANT ALL ON *.* TO b@'127.%'");
  return { ref, socket, client, sql };
}

/** As mariadb-dump writes it: statements of 1 MB. A tenth of the values hold the address, half of these serialised. */
async function writeDump(file) {
  const out = createWriteStream(file, { highWaterMark: 4 * 1024 * 1024 });
  const put = async (text) => {
    if (!out.write(text)) await new Promise((resolve) => out.once('drain', resolve));
  };
  await put(
    `-- MariaDB dump 10.19\n/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE \`wp_postmeta\` (\`meta_id\` bigint(20) unsigned NOT NULL AUTO_INCREMENT, \`post_id\` bigint(20) unsigned NOT NULL DEFAULT 0, \`meta_key\` varchar(255) DEFAULT NULL, \`meta_value\` longtext DEFAULT NULL, PRIMARY KEY (\`meta_id\`), KEY \`post_id\` (\`post_id\`), KEY \`meta_key\` (\`meta_key\`(191))) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;\nLOCK TABLES \`wp_postmeta\` WRITE;\n`,
  );
  const filler = 'Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam nonumy. '.repeat(6);
  let statement = '';
  for (let id = 1; id <= rows; id++) {
    const url = `https://www.old-shop.example/page/${id}/`;
    const value =
      id % 20 === 0
        ? `a:2:{s:3:"url";s:${url.length}:"${url}";s:4:"text";s:${filler.length}:"${filler}";}`
        : id % 20 === 10
          ? `<a href="${url}">${filler}</a>`
          : `${filler}${id}`;
    statement += `${statement === '' ? 'INSERT INTO `wp_postmeta` VALUES ' : ','}(${id},${Math.floor(id / 5)},'_key_${id % 20}','${value}')`;
    if (statement.length < 1_000_000 && id < rows) continue;
    await put(`${statement};\n`);
    statement = '';
  }
  out.end('UNLOCK TABLES;\n-- Dump completed\n');
  await new Promise((resolve) => out.once('close', resolve));
}

function feed(file, args) {
  return new Promise((resolve, reject) => {
    const client = spawn('mariadb', args, { stdio: ['pipe', 'ignore', 'inherit'] });
    createReadStream(file).pipe(client.stdin);
    client.once('exit', (status) =>
      status === 0 ? resolve(undefined) : reject(new Error(`mariadb ended with ${status}.`)),
    );
  });
}

/** In a process of its own, so that its memory is its own. */
async function runChild(args) {
  const { stdout } = await run(process.execPath, [child, ...args], { deadlineMs: 1_800_000 });
  return JSON.parse(stdout);
}

async function seconds(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
