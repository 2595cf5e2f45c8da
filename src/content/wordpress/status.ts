import type { Action } from './changes.js';

/** Posts that nobody has saved yet, and those that wait to be deleted: not content. */
const hiddenPost = new Set(['auto-draft', 'trash']);

/**
 * What happened to a post, by its status before and after; undefined where it is not there.
 * A post that was and is in the trash, or never was more than an automatic draft, is noise.
 */
export function postAction(before: string | undefined, after: string | undefined): Action | 'noise' {
  if (before === undefined) return after === undefined || hiddenPost.has(after) ? 'noise' : 'added';
  if (after === undefined) return hiddenPost.has(before) ? 'noise' : 'deleted';
  if (hiddenPost.has(before) && hiddenPost.has(after)) return 'noise';
  if (before === 'auto-draft') return 'added';
  return moved(before === 'trash', after === 'trash', before === 'publish', after === 'publish');
}

const hiddenComment = new Set(['spam', 'trash', 'post-trashed']);

/** As `postAction`; spam is noise as well. */
export function commentAction(before: string | undefined, after: string | undefined): Action | 'noise' {
  const [wasHidden, isHidden] = [before, after].map((status) => status === undefined || hiddenComment.has(status));
  if (wasHidden && isHidden) return 'noise';
  if (before === undefined) return 'added';
  if (after === undefined) return 'deleted';
  return moved(wasHidden === true, isHidden === true, before === '1', after === '1');
}

function moved(wasHidden: boolean, isHidden: boolean, wasPublic: boolean, isPublic: boolean): Action {
  if (isHidden) return 'trashed';
  if (wasHidden) return 'restored';
  if (wasPublic === isPublic) return 'changed';
  return isPublic ? 'published' : 'unpublished';
}

const commentStatuses: Readonly<Record<string, string>> = { '1': 'approved', '0': 'pending' };

/** A comment's status in words. */
export const commentStatus = (approved: string) => commentStatuses[approved] ?? approved;
