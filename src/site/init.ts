import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, realpath, unlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { hasErrno, refusal, usageError } from '../output/errors.js';
import { flushFolder, writeFileAtomic } from '../state/atomic-file.js';
import { definitionText } from './template.js';

/** The names that a definition is looked for under, the one that `understudy init` writes first. */
export const definitionNames = ['understudy.config.ts', 'understudy.config.mjs', 'understudy.config.js'] as const;

/**
 * Writes a commented definition into a folder, which is made if it is not there.
 * @param name default: made from the folder's own name
 * @returns the file's absolute path
 * @throws code `definition-exists` (refused) if the folder has a definition: it is never overwritten;
 *   `definition-invalid` (usage) if the name is not one
 */
export async function initSite(folder: string, name?: string): Promise<string> {
  const absolute = resolve(folder);
  const text = definitionText(name ?? siteNameOf(await realpath(absolute).catch(() => absolute)), 'commented');
  await mkdir(absolute, { recursive: true });
  const present = (await definitionsIn(absolute))[0];
  if (present) throw alreadyThere(present);
  const path = join(absolute, definitionNames[0]);
  // Written whole under another name and then linked: linking fails where a file has appeared meanwhile.
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFileAtomic(aside, text);
    await link(aside, path);
  } catch (error) {
    throw hasErrno(error, 'EEXIST') ? alreadyThere(path) : error;
  } finally {
    await unlink(aside).catch(() => {});
  }
  await flushFolder(absolute);
  return path;
}

/**
 * The definition in a folder.
 * @throws code `definition-missing` or `definition-ambiguous` (both usage)
 */
export async function findDefinition(folder: string): Promise<string> {
  const [first, second] = await definitionsIn(resolve(folder));
  if (first === undefined) throw definitionMissing(join(resolve(folder), definitionNames[0]));
  if (second !== undefined) {
    throw usageError({
      code: 'definition-ambiguous',
      message: `There are two definitions: ${first} and ${second}.`,
      remedy: 'Remove one of them, or name the one that counts with --config.',
    });
  }
  return first;
}

export function definitionMissing(path: string) {
  return usageError({
    code: 'definition-missing',
    message: `There is no definition at ${path}.`,
    remedy: 'Run `understudy init` to write one, or name one with --config.',
  });
}

/** A name for a site from the name of its folder: `My Shop (2024)` becomes `my-shop-2024`. */
export function siteNameOf(folder: string): string {
  const plain = basename(folder)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 31)
    .replace(/-+$/, '');
  return plain || 'site';
}

async function definitionsIn(folder: string): Promise<string[]> {
  try {
    const present = new Set(await readdir(folder));
    return definitionNames.filter((name) => present.has(name)).map((name) => join(folder, name));
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function alreadyThere(path: string) {
  return refusal({
    code: 'definition-exists',
    message: `There is a definition at ${path} already; it was left as it is.`,
    remedy: 'Edit it, or move it away and run `understudy init` again.',
  });
}
