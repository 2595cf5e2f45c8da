import { lstat, realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasErrno, refusal, usageError } from '../output/errors.js';
import type { Contents } from './contents.js';
import { checkLinks, linkRemedy } from './links.js';
import { listed, notReleasable, type Problem } from './problems.js';
import type { StagingRules } from './rules.js';
import type { Tree } from './tree.js';
import { changesSince, walkTree } from './walk.js';

export interface DocumentRoot {
  readonly path: string;
  readonly rules: StagingRules;
}

export interface StableTree {
  readonly tree: Tree;
  /** Of every symbolic link, relative to its folder. */
  readonly linkTargets: ReadonlyMap<string, string>;
}

/** How long each restart waits before it looks again: an update of a plugin takes seconds. */
export const restartPausesMs: readonly number[] = [250, 1_000, 3_000];

/** WordPress itself believes its marker of an update for this long. */
const updateMarkerMs = 10 * 60_000;

/**
 * Walks dev's document root, reads what is not known yet, and walks again: what is the same in both was so in the
 * moment between them, so together it is one state that dev really had. Otherwise it starts over, keeping what it has
 * read of files that stayed.
 * @param isKnown whether nothing was read and the tree is that of the newest release. Then each file was seen unchanged
 *   since that release, hence all of them stood like that when the walk began, and no second walk is needed.
 * @throws code `dev-is-changing` naming the files, after the last pause; `not-releasable` naming what cannot be copied;
 *   `document-root-missing`
 */
export async function readStableTree(
  { path: root, rules }: DocumentRoot,
  contents: Contents,
  {
    isKnown,
    pausesMs = restartPausesMs,
    signal,
  }: {
    readonly isKnown: (stable: StableTree) => boolean;
    readonly pausesMs?: readonly number[];
    readonly signal?: AbortSignal | undefined;
  },
): Promise<StableTree> {
  const roots = [root, await realRoot(root)];
  for (let attempt = 0; ; attempt++) {
    const { tree, problems } = await walkTree(root, { skip: rules.stays, signal });
    const links = checkLinks(tree, { roots, provided: rules.provided });
    refuse([...problems, ...links.problems], links.problems.length > 0);
    const stable: StableTree = { tree, linkTargets: links.targets };

    const read = await contents.read(tree);
    refuse(read.problems, false);
    const updating = await updateInProgress(root, rules.updateMarker);
    if (read.count === 0 && updating.length === 0 && isKnown(stable)) return stable;

    const changedSince = await changesSince(tree, root, { skip: rules.stays, signal });
    const changed = [...new Set([...updating, ...read.changed, ...changedSince])];
    if (changed.length === 0) return stable;
    const pause = pausesMs[attempt];
    if (pause === undefined) throw devIsChanging(changed);
    await delay(pause, undefined, signal ? { signal } : {});
  }
}

async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (cause) {
    throw usageError({
      code: 'document-root-missing',
      message: `Dev's document root ${root} cannot be opened.`,
      remedy: 'Run `understudy up`, which creates it.',
      cause,
    });
  }
}

function refuse(problems: readonly Problem[], withLinks: boolean): void {
  if (problems.length === 0) return;
  throw notReleasable(
    problems,
    withLinks ? linkRemedy : 'Repair or remove it, or leave it in dev with promotion.excludes in the definition.',
  );
}

/** The marker's name while the site is replacing its own files, else nothing. */
async function updateInProgress(root: string, marker: string | undefined): Promise<string[]> {
  if (marker === undefined) return [];
  try {
    const { mtimeMs } = await lstat(`${root}/${marker}`);
    return Date.now() - mtimeMs < updateMarkerMs ? [marker] : [];
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function devIsChanging(paths: readonly string[]) {
  return refusal({
    code: 'dev-is-changing',
    message: `Files in dev kept changing while they were copied:\n${listed(paths)}`,
    remedy:
      'Wait until the change is finished, or hold it back with --freeze. ' +
      'What changes all the time belongs in promotion.excludes in the definition.',
  });
}
