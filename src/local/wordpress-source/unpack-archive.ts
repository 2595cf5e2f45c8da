import { access, constants, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, hasErrno, UnderstudyError, usageError } from '../../output/errors.js';
import { run } from '../../process/run.js';
import { checkLinks } from '../../release/links.js';
import { listed } from '../../release/problems.js';
import { walkTree } from '../../release/walk.js';
import type { FillOptions } from '../files/document-root.js';
import { fileDigest } from './checksum.js';

const unpackDeadlineMs = 5 * 60_000;

/**
 * Unpacks a .zip or .tar.gz into an empty folder. If everything in it lies in one folder, as `wordpress/` in the
 * archives of wordpress.org, that folder's content is taken. An archive is not trusted as one's own folder is: a link
 * that leads out of it is refused. Modes become 644 and 755.
 * @throws code `archive-unusable`; `checksum-mismatch` if a file NAME.sha256 or NAME.sha1 beside it says otherwise
 */
export async function unpackArchive(archive: string, target: string, { owner, signal }: FillOptions): Promise<void> {
  await access(archive, constants.R_OK).catch((cause) => {
    throw unusable(archive, 'it is not there, or must not be read', cause);
  });
  await compareWithNeighbour(archive);
  const options = { signal, deadlineMs: unpackDeadlineMs, env: { LC_ALL: 'C' } };
  try {
    if (/\.zip$/i.test(archive)) await run('unzip', ['-q', '-o', '-d', target, archive], options);
    else
      await run(
        'tar',
        ['--extract', '--no-same-owner', '--no-same-permissions', `--directory=${target}`, `--file=${archive}`],
        options,
      );
  } catch (cause) {
    if (hasCode(cause, 'program-failed')) throw unusable(archive, 'it cannot be unpacked', cause);
    throw cause;
  }
  await liftOnlyFolder(target);
  await refuseProblems(archive, target, signal);
  await run('chmod', ['-R', 'u=rwX,go=rX', target], options);
  if (owner) await run('chown', ['-R', '--no-dereference', `${owner.uid}:${owner.gid}`, target], options);
}

async function liftOnlyFolder(target: string): Promise<void> {
  const entries = await readdir(target, { withFileTypes: true });
  const [only] = entries;
  if (entries.length !== 1 || !only?.isDirectory()) return;
  // Under another name first: it may contain something of its own name.
  const aside = join(target, '.unpacked');
  await rename(join(target, only.name), aside);
  for (const name of await readdir(aside)) await rename(join(aside, name), join(target, name));
  await rm(aside, { recursive: true });
}

async function refuseProblems(archive: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const { tree, problems } = await walkTree(folder, { skip: () => false, signal });
  const all = [...problems, ...checkLinks(tree, { roots: [], provided: [] }).problems];
  if (all.length > 0) throw unusable(archive, `\n${listed(all.map(({ path, what }) => `${path} ${what}`))}`);
}

async function compareWithNeighbour(archive: string): Promise<void> {
  for (const algorithm of ['sha256', 'sha1'] as const) {
    const stated = await readFile(`${archive}.${algorithm}`, 'utf8').catch((error) => {
      if (hasErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    const expected = stated?.trim().split(/\s+/)[0]?.toLowerCase();
    if (expected === undefined) continue;
    const found = await fileDigest(archive, algorithm);
    if (found !== expected) throw mismatch(archive, expected, found);
  }
}

/** An archive that is not the one it should be. */
export function mismatch(archive: string, expected: string, found: string): UnderstudyError {
  return new UnderstudyError({
    code: 'checksum-mismatch',
    message: `The checksum of ${archive} is ${found} and should be ${expected}.`,
    remedy: 'Fetch it again. If it stays so, do not use it: it is not what its publisher has made.',
  });
}

function unusable(archive: string, why: string, cause?: unknown): UnderstudyError {
  return usageError({
    code: 'archive-unusable',
    message: `The archive ${archive} cannot be used: ${why}.`,
    remedy: 'Name a .zip or .tar.gz of WordPress in app.source.archive of the definition.',
    cause,
  });
}
