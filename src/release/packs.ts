import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, UnderstudyError } from '../output/errors.js';
import type { Pack } from '../platform/release-archive.js';
import { run } from '../process/run.js';
import { forEachInFlight } from './jobs.js';
import type { FileEntry } from './manifest.js';

/** For the whole of a site's code: 1 GB takes about 10 s on one core. */
const archiveDeadlineMs = 30 * 60_000;

/** Archives are the same wherever they are made: no locale, as many compression threads as there are cores. */
const archiveEnvironment = { LC_ALL: 'C', ZSTD_NBTHREADS: '0', TAR_OPTIONS: '' };

/**
 * Writes a pack and reads it back: each entry is unpacked and compared with the file that it came from.
 * @param folder holds the files under their paths, and nobody else changes them
 * @returns what is to be known of the pack; it is durable
 * @throws code `pack-damaged` if it does not read back as it was written; `program-failed`
 */
export async function writePack(
  file: string,
  number: number,
  { folder, files, signal }: { folder: string; files: () => Iterable<FileEntry>; signal?: AbortSignal | undefined },
): Promise<Pack> {
  const names = `${file}.names`;
  await writeFile(names, namesIn(files()));
  const options = { env: archiveEnvironment, signal, deadlineMs: archiveDeadlineMs };
  const { stderr } = await run(
    'tar',
    [...createArgs, `--file=${file}`, `--directory=${folder}`, ...fromList(names)],
    options,
  );
  await flush(file);
  await compare(file, folder, bytesIn(stderr), options);
  return {
    number,
    sha256: await fileHash(file),
    size: (await stat(file)).size,
    ...sumOf(files()),
  };
}

/** The owner is nobody in particular: whoever unpacks it says whose the files are. */
const createArgs = [
  '--create',
  '--zstd',
  '--format=gnu',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--no-recursion',
  '--no-acls',
  '--no-xattrs',
  '--no-selinux',
  '--totals',
];

/** Names end with NUL and mean themselves: no option, no pattern, no escape. */
const fromList = (names: string) => ['--null', '--verbatim-files-from', '--no-unquote', `--files-from=${names}`];

function* namesIn(files: Iterable<FileEntry>): Generator<string> {
  let chunk = '';
  for (const { path } of files) {
    chunk += `${path}\0`;
    if (chunk.length < 64 * 1024) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function sumOf(packed: Iterable<FileEntry>): Pick<Pack, 'files' | 'contentBytes'> {
  const sum = { files: 0, contentBytes: 0 };
  for (const { size } of packed) {
    sum.files++;
    sum.contentBytes += size;
  }
  return sum;
}

/** What `--totals` says: "Total bytes written: 10240 (10KiB, 61MiB/s)", and the same when it reads. */
function bytesIn(stderr: string): string | undefined {
  return /^Total bytes (?:written|read): (\d+)/m.exec(stderr)?.[1];
}

/**
 * With c-style quoting a difference is a name in quotes and words behind it. Whoever packs, the owner in the archive is
 * 0, so a difference in it is expected.
 */
async function compare(
  file: string,
  folder: string,
  expectedBytes: string | undefined,
  options: { env: Record<string, string>; signal: AbortSignal | undefined; deadlineMs: number },
): Promise<void> {
  const read = ['--compare', '--zstd', '--totals', '--quoting-style=c'];
  const args = [...read, `--file=${file}`, `--directory=${folder}`];
  const { stdout, stderr } = await run('tar', args, { ...options, accept: [0, 1] }).catch((cause) => {
    throw hasCode(cause, 'program-failed') ? notAsWritten(file, 'it cannot be unpacked', cause) : cause;
  });
  const difference = stdout.split('\n').find((line) => line !== '' && !/^".*": [UG]id differs$/.test(line));
  if (difference !== undefined) throw notAsWritten(file, difference);
  if (expectedBytes === undefined || bytesIn(stderr) !== expectedBytes) throw notAsWritten(file, 'it is not whole');
}

function notAsWritten(file: string, why: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError({
    code: 'pack-damaged',
    message: `The pack ${file} did not read back as it was written: ${why}.`,
    remedy: 'Check the disk and its free room, and run the command again.',
    cause,
  });
}

/**
 * Takes files out of a pack and checks them against the manifest.
 * @param aside a folder of our own on the same disk, which is emptied
 * @throws code `release-damaged` naming a file that is missing or differs
 */
export async function unpackFiles(
  packFile: string,
  files: readonly FileEntry[],
  { folder, aside, signal }: { folder: string; aside: string; signal?: AbortSignal | undefined },
): Promise<void> {
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside);
  // All of it: given a list, tar compares every member with every name.
  const args = ['--extract', '--zstd', '--no-same-owner', `--file=${packFile}`, `--directory=${aside}`];
  await run('tar', args, { env: archiveEnvironment, signal, deadlineMs: archiveDeadlineMs }).catch((cause) => {
    signal?.throwIfAborted();
    throw damaged(packFile, cause);
  });
  const folders = new Set(files.map(({ path }) => dirname(path)));
  await forEachInFlight(folders, async (each) => void (await mkdir(`${folder}/${each}`, { recursive: true })), signal);
  const take = async ({ path, hash }: FileEntry) => {
    const found = await fileHash(`${aside}/${path}`).catch((cause) => {
      throw damaged(`${path} in ${packFile}`, cause);
    });
    if (found !== hash) throw damaged(`${path} in ${packFile}`);
    await rename(`${aside}/${path}`, `${folder}/${path}`);
  };
  await forEachInFlight(files, take, signal);
  await rm(aside, { recursive: true });
}

function damaged(what: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError({
    code: 'release-damaged',
    message: `A stored release is damaged: ${what} does not hold what its manifest says.`,
    remedy: 'Run `understudy releases`, remove the damaged release, and promote again.',
    cause,
  });
}

/** SHA-256 of a file, in hex. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
