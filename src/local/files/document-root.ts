import { chmod, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasErrno, refusal, usageError } from '../../output/errors.js';
import type { Account } from '../../process/run.js';
import { makeDurable } from '../../release/durable.js';
import { inWorkFolder } from '../../release/work-folder.js';
import { flushFolder } from '../../state/atomic-file.js';
import { copyFollowing } from './copy-following.js';

export interface FillOptions {
  /** The account that dev's PHP runs as; it may write there. Default: whoever runs this. */
  readonly owner?: Account | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fills dev's document root for the first time with a copy of a folder, symbolic links followed. One that has content
 * is left as it is.
 * @returns whether it was filled
 * @throws code `source-missing`, `source-unusable`
 */
export async function fillDocumentRoot(source: string, target: string, options: FillOptions = {}): Promise<boolean> {
  if (!(await isEmpty(target))) return false;
  await readdir(source).catch((cause) => {
    throw usageError({
      code: 'source-missing',
      message: `The folder ${source}, from which dev is to be filled, cannot be opened.`,
      remedy: 'Correct app.directory in the definition.',
      cause,
    });
  });
  await appearWhole(target, options, (aside) => copyFollowing(source, aside, options));
  return true;
}

/**
 * Makes a folder aside and gives it its name when it is complete, so that a crash leaves no half-filled document root.
 * @param make fills the folder that it is given, which is empty
 */
export async function appearWhole(
  target: string,
  { signal }: FillOptions,
  make: (aside: string) => Promise<void>,
): Promise<void> {
  await inWorkFolder(dirname(target), `.${basename(target)}.new-`, async (work) => {
    const aside = join(work, 'root');
    await mkdir(aside);
    await chmod(aside, 0o750);
    await make(aside);
    await makeDurable(aside, signal);
    // Takes the place of an empty folder too; one that has got content meanwhile is left alone.
    await rename(aside, target).catch((cause) => {
      throw hasErrno(cause, 'ENOTEMPTY') || hasErrno(cause, 'EEXIST') ? notEmpty(target) : cause;
    });
  });
  await flushFolder(dirname(target));
}

/** Whether there is nothing in a folder, or no folder. */
export async function isEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return true;
    throw error;
  }
}

export function notEmpty(target: string) {
  return refusal({
    code: 'target-not-empty',
    message: `Dev's document root ${target} has content, and it is not WordPress.`,
    remedy: 'Move that content away and run the command again.',
  });
}
