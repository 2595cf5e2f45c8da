import { chmod, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrno, usageError } from '../../output/errors.js';
import type { StagedFiles } from '../../platform/import-target.js';
import type { Account } from '../../process/run.js';
import { makeDurable } from '../../release/durable.js';
import { inWorkFolder, removeWorkFolders } from '../../release/work-folder.js';
import { flushFolder } from '../../state/atomic-file.js';
import { copyFollowing } from '../files/copy-following.js';
import { wordPressVersion } from '../wordpress-source/recognise.js';
import { whyElsewhere } from './belongs-elsewhere.js';
import { unpackSite } from './unpack-site.js';

export interface StageOptions {
  readonly owner: Account | undefined;
  readonly signal: AbortSignal;
  /** Puts dev's own configuration into the folder. */
  readonly configure: (folder: string) => Promise<void>;
}

/** How deep in an archive a WordPress is looked for: `backup/public_html/`. */
const deepest = 3;

const workPrefix = '.dev.incoming-';

/** Removes what `stageFiles` has made at `target`, and what one that was killed has left beside it. */
export async function discardStagedFiles(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await removeWorkFolders(dirname(target), workPrefix);
}

/**
 * Makes a folder with the site's files at `target`, complete or not at all.
 * @throws as `ImportTarget.stageFiles` does
 */
export async function stageFiles(source: string, target: string, options: StageOptions): Promise<StagedFiles> {
  const found = await stat(source).catch((cause) => {
    throw missing(source, cause);
  });
  await rm(target, { recursive: true, force: true });
  return inWorkFolder(dirname(target), workPrefix, async (work) => {
    await chmod(work, 0o711);
    const staged = found.isDirectory()
      ? await fromFolder(source, join(work, 'root'), options)
      : await fromArchive(source, join(work, 'all'), options);
    await chmod(staged.folder, 0o750);
    await options.configure(staged.folder);
    await makeDurable(staged.folder, options.signal);
    await rename(staged.folder, target);
    await flushFolder(dirname(target));
    return { ...staged, folder: target };
  });
}

/** Shows `look` the files of a folder where they lie, or of an archive that is unpacked beside `target` meanwhile. */
export async function lookAtFiles<T>(
  source: string,
  target: string,
  options: Omit<StageOptions, 'configure'>,
  look: (files: Omit<StagedFiles, 'leftOut'>) => Promise<T>,
): Promise<T> {
  const found = await stat(source).catch((cause) => {
    throw missing(source, cause);
  });
  if (found.isDirectory()) {
    const root = await wordPressIn(source);
    return look({ folder: root, wpConfig: await configBeside(root) });
  }
  return inWorkFolder(dirname(target), '.dev.looked-at-', async (work) => {
    await chmod(work, 0o711);
    const all = join(work, 'all');
    await mkdir(all, { mode: 0o755 });
    await unpackSite(source, all, options);
    const root = await wordPressIn(all, source);
    return look({ folder: root, wpConfig: await configBeside(root) });
  });
}

async function fromFolder(source: string, target: string, { owner, signal }: StageOptions): Promise<StagedFiles> {
  const root = await wordPressIn(source);
  const leftOut: string[] = [];
  const skip = (path: string) => {
    const why = whyElsewhere(path);
    if (why !== undefined && path !== 'wp-config.php') leftOut.push(`${path}: ${why}`);
    return why !== undefined;
  };
  await mkdir(target, { mode: 0o755 });
  await copyFollowing(root, target, { skip, owner, signal });
  return { folder: target, wpConfig: await configBeside(root), leftOut };
}

async function fromArchive(source: string, target: string, { owner, signal }: StageOptions): Promise<StagedFiles> {
  await mkdir(target, { mode: 0o755 });
  const removed = await unpackSite(source, target, { owner, signal });
  const root = await wordPressIn(target, source);
  const wpConfig = await configBeside(root);
  const leftOut: string[] = [];
  for (const folder of ['', 'wp-content', 'wp-content/mu-plugins']) {
    for (const name of await readdir(join(root, folder)).catch(() => [])) {
      const path = join(folder, name);
      const why = whyElsewhere(path);
      if (why === undefined) continue;
      await rm(join(root, path), { recursive: true, force: true });
      if (path !== 'wp-config.php') leftOut.push(`${path}: ${why}`);
    }
  }
  return { folder: root, wpConfig, leftOut: [...leftOut, ...removed] };
}

/** The folder of WordPress in a folder, or not far below it. @throws usage `not-wordpress` */
async function wordPressIn(folder: string, named = folder): Promise<string> {
  let level = [folder];
  for (let depth = 0; depth <= deepest; depth++) {
    for (const each of level) if ((await wordPressVersion(each)) !== undefined) return each;
    const below = await Promise.all(level.map(foldersIn));
    level = below.flat();
  }
  throw usageError({
    code: 'not-wordpress',
    message: `There is no WordPress in ${named}: no wp-load.php with wp-includes/version.php.`,
    remedy: "Name the whole document root of the site, WordPress's own files included.",
  });
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .sort();
}

/** WordPress takes it from the folder above as well. */
async function configBeside(root: string): Promise<string | undefined> {
  for (const path of [join(root, 'wp-config.php'), join(root, '..', 'wp-config.php')]) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error;
    }
  }
  return undefined;
}

const missing = (source: string, cause: unknown) =>
  usageError({
    code: 'source-missing',
    message: `${source} is not there, or must not be read.`,
    remedy: 'Name a folder or an archive with the files of the site.',
    cause,
  });
