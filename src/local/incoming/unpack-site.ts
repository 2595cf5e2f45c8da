import { access, constants, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, UnderstudyError, usageError } from '../../output/errors.js';
import { type Account, run } from '../../process/run.js';
import { checkLinks } from '../../release/links.js';
import { notUtf8 } from '../../release/names.js';
import { type Walked, walkTree } from '../../release/walk.js';

export interface UnpackOptions {
  readonly owner: Account | undefined;
  readonly signal: AbortSignal;
}

const deadlineMs = 2 * 3_600_000;

/**
 * Unpacks an archive that comes from outside into a folder that exists and is empty: .zip, or tar, plain or packed by
 * gzip, zstd, bzip2 or xz. The unpacking program of tar runs as dev's account and reads the archive through a pipe, so that
 * it can make no device and write nowhere else. Links that lead out of it and special files are removed. Modes become
 * 644 and 755.
 * @returns what was removed, with why
 * @throws usage `archive-unusable`, also for members whose path leads out of the archive; `disk-full`
 */
export async function unpackSite(archive: string, target: string, { owner, signal }: UnpackOptions): Promise<string[]> {
  await access(archive, constants.R_OK).catch((cause) => {
    throw unusable(archive, 'it is not there, or must not be read', cause);
  });
  const options = { signal, deadlineMs, env: { LC_ALL: 'C' }, cwd: '/' };
  if (owner) await run('chown', [`${owner.uid}:${owner.gid}`, target], options);
  const kind = await kindOf(archive);
  try {
    // Info-ZIP strips what leads out, makes links last, and knows no devices. It cannot read a pipe.
    if (kind === 'zip') await run('unzip', ['-q', '-o', '-d', target, archive], options);
    else
      await run('tar', [...tarArguments, ...kind, `--directory=${target}`, '--file=-'], {
        ...options,
        as: owner,
        inputFile: archive,
      });
  } catch (cause) {
    if (!hasCode(cause, 'program-failed')) throw cause;
    if (/No space left|write error/i.test(cause.message)) throw diskFull(archive, cause);
    throw unusable(archive, `it cannot be unpacked: ${cause.message}`, cause);
  }
  const found = await walkTree(target, { skip: () => false, signal });
  if (kind === 'zip') refuseGarbled(archive, found.problems);
  const removed = await removeUnsafe(target, found);
  await run('chmod', ['-R', 'u=rwX,go=rX', target], options);
  if (owner) await run('chown', ['-R', '--no-dereference', `${owner.uid}:${owner.gid}`, target], options);
  return removed;
}

const tarArguments = ['--extract', '--no-same-owner', '--no-same-permissions', '--no-overwrite-dir'];

/** What its first bytes say, whatever it is called. @returns `zip`, or what tar is told of how it is packed */
async function kindOf(archive: string): Promise<'zip' | readonly string[]> {
  const file = await open(archive, 'r');
  try {
    const head = Buffer.alloc(6);
    await file.read(head, 0, 6, 0);
    const hex = head.toString('hex');
    if (hex.startsWith('504b0304')) return 'zip';
    if (hex.startsWith('1f8b')) return ['--gzip'];
    if (hex.startsWith('28b52ffd')) return ['--zstd'];
    if (hex.startsWith('425a68')) return ['--bzip2'];
    return hex.startsWith('fd377a585a00') ? ['--xz'] : [];
  } finally {
    await file.close();
  }
}

/** Debian's unzip takes UTF-8 names for names in DOS's code page where the archive says that DOS wrote it: Java's do. */
function refuseGarbled(archive: string, problems: Walked['problems']): void {
  const garbled = problems.filter(({ what }) => what === notUtf8);
  if (garbled.length === 0) return;
  const names = `${garbled.length} ${garbled.length === 1 ? 'name' : 'names'}`;
  throw unusable(archive, `unzip misreads ${names} in it, such as ${garbled[0]?.path}; pack the site as a tar instead`);
}

async function removeUnsafe(target: string, { tree, problems }: Walked): Promise<string[]> {
  const special = problems.filter(({ what }) => /^is (?:a |not )/.test(what));
  const links = checkLinks(tree, { roots: [], provided: [] }).problems;
  for (const { path } of [...special, ...links]) await rm(join(target, path), { force: true });
  return [...special, ...links].map(({ path, what }) => `${path}: ${what}`);
}

const unusable = (archive: string, why: string, cause?: unknown) =>
  usageError({
    code: 'archive-unusable',
    message: `The archive ${archive} cannot be used: ${why}.`,
    remedy: 'Name a folder, a .zip, or a tar packed by gzip or zstd, with WordPress in it.',
    cause,
  });

const diskFull = (archive: string, cause: unknown) =>
  new UnderstudyError({
    code: 'disk-full',
    message: `There is no room to unpack ${archive}.`,
    remedy: 'Free some disk space and import again; dev is as it was.',
    cause,
  });
