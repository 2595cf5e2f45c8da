import { readFile } from 'node:fs/promises';
import { hasErrno } from '../../output/errors.js';
import type { Site } from '../../site/schema.js';
import { type Layout, paths } from '../layout.js';

/** The definition as the last `up` applied it, checked then; undefined before the first one. */
export async function readSite(layout: Layout): Promise<Site | undefined> {
  try {
    return JSON.parse(await readFile(paths.site(layout), 'utf8')) as Site;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
