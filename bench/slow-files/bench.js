/**
 * Bringing code out of dev when dev lies on a slow network file system: what a promotion does, against what the
 * original script did (`rsync -av` from one such folder to another) and against a tool that works in parallel (rclone).
 */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { find, searchFolders } from '../../dist/local/machine/find-programs.js';
import { killDaemon, startDaemon } from '../../dist/process/daemon.js';
import { run } from '../../dist/process/run.js';
import { waitUntil } from '../../dist/process/wait.js';
import { median, spread } from '../numbers.js';

const files = 17_500;
const perFolder = 10;
/** One in a hundred. */
const edits = files / 100;
const repeats = 3;
const longestMs = 30 * 60_000;
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** Debian's package for each program that it takes. */
const packages = { cc: 'gcc', 'pkg-config': 'pkg-config', fusermount3: 'fuse3', rsync: 'rsync', rclone: 'rclone' };

/** @param {{ readonly signal: AbortSignal }} site @returns {Promise<import('../benches.js').Result[]>} */
export async function slowFiles({ signal }) {
  const missing = Object.entries(packages).filter(([program]) => !find(program, searchFolders()));
  if (missing.length > 0 || !existsSync('/dev/fuse') || !existsSync('/usr/include/fuse3/fuse.h')) {
    const names = [...new Set([...missing.map(([, name]) => name), 'libfuse3-dev'])].join(' ');
    const note = `it takes /dev/fuse and programs: apt-get install ${names}`;
    return [{ what: 'files on a slow file system', value: undefined, unit: 's', note }];
  }
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-files-'));
  const slow = join(folder, 'slow');
  let server;
  try {
    await mkdir(join(folder, 'backing', 'dev'), { recursive: true });
    await mkdir(slow);
    await fill(join(folder, 'backing', 'dev'));
    const program = join(folder, 'slowfs');
    const { stdout: flags } = await run('pkg-config', ['--cflags', '--libs', 'fuse3'], { signal });
    await run('cc', ['-O2', here('slowfs.c'), '-o', program, ...flags.trim().split(/\s+/)], { signal });
    server = await startDaemon({ program, args: [join(folder, 'backing'), slow], logFile: join(folder, 'slowfs.log') });
    await waitUntil(() => existsSync(join(slow, 'dev')), { what: 'the slow file system', deadlineMs: 10_000, signal });
    return await measure({ folder, slow, signal });
  } finally {
    await run('fusermount3', ['-u', '-z', slow]).catch(() => undefined);
    if (server) await killDaemon(server);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Text of 1 to 43 KB, which packs about as well as code does. @param {string} root */
async function fill(root) {
  const line = (/** @type {number} */ n) => `function part_${(n * 7919) % 9973}($value) { return $value + ${n}; }\n`;
  for (let first = 0; first < files; first += perFolder) {
    const folder = join(root, `plugin-${Math.floor(first / 500)}`, `part-${first}`);
    await mkdir(folder, { recursive: true });
    for (let n = first; n < first + perFolder; n++) {
      const lines = 20 + ((n * 31) % 800);
      await writeFile(join(folder, `file-${n}.php`), Array.from({ length: lines }, (_, i) => line(n + i)).join(''));
    }
  }
}

/** @param {{ folder: string, slow: string, signal: AbortSignal }} where */
async function measure({ folder, slow, signal }) {
  const dev = join(slow, 'dev');
  const time = async (/** @type {string} */ program, /** @type {readonly string[]} */ args) => {
    const started = performance.now();
    const { stdout } = await run(program, args, {
      signal,
      deadlineMs: longestMs,
      env: { PATH: process.env.PATH, HOME: folder, UV_THREADPOOL_SIZE: '64' },
    });
    return { seconds: (performance.now() - started) / 1000, stdout };
  };
  const tools = {
    understudy: () => time(process.execPath, [here('stage.js'), dev, join(folder, 'state')]),
    // As the original called it.
    rsync: () => time('rsync', ['-av', `${dev}/`, join(slow, 'rsync')]),
    // Its default is 4 files at once; with 64 it waits side by side as we do.
    rclone: () =>
      time('rclone', ['sync', dev, join(slow, 'rclone'), '--transfers', '64', '--checkers', '64', '--config', '']),
  };
  const edit = () => editSome(join(folder, 'backing', 'dev'));
  const first = await round(tools, 1);
  const unchanged = await round(tools, repeats);
  const changed = await round(tools, repeats, edit);
  return [
    ...rows('first copy', first),
    ...rows('nothing changed', unchanged),
    ...rows('1 % changed', changed),
    {
      what: 'memory of a first staging of so many files',
      value: JSON.parse(first.understudy.stdout).memoryMb,
      unit: 'MB',
      note: 'largest RSS of its process',
    },
  ];
}

async function round(tools, times, before = async () => {}) {
  const seconds = Object.fromEntries(Object.keys(tools).map((name) => [name, []]));
  const results = {};
  for (let turn = 0; turn < times; turn++) {
    await before();
    for (const [name, work] of Object.entries(tools)) {
      const { seconds: took, stdout } = await work();
      seconds[name].push(took);
      results[name] = { seconds: seconds[name], stdout };
    }
  }
  return results;
}

/** The same share of every folder; written behind the slow file system's back, which keeps nothing for long. */
async function editSome(root) {
  let edited = 0;
  for (const path of (await readdir(root, { recursive: true })).filter((name) => name.endsWith('0.php')).sort()) {
    if (edited++ === edits) break;
    await appendFile(join(root, path), `// ${Date.now()}\n`);
  }
  // The kernel believes what it was told of a file for a second.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
}

function rows(what, results) {
  const ours = median(results.understudy.seconds);
  return Object.entries(results).map(([name, { seconds }]) => {
    const value = median(seconds);
    const note = seconds.length > 1 ? spread(seconds) : '1 run';
    if (name === 'understudy') return { what: `${files} files, ${what}`, value, unit: 's', note };
    const times = value / ours;
    return {
      ...{ what: `… ${name}`, value, unit: 's', note: `${times.toFixed(1)} times as long; ${note}` },
      ...(name === 'rsync' ? { goal: '5 times as long', met: times >= 5 } : {}),
    };
  });
}
