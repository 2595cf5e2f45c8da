import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno, usageError } from '../../output/errors.js';

/** The version of the WordPress in a folder; undefined if there is none in it. */
export async function wordPressVersion(folder: string): Promise<string | undefined> {
  try {
    await access(join(folder, 'wp-load.php'));
    const text = await readFile(join(folder, 'wp-includes/version.php'), 'utf8');
    return /\$wp_version\s*=\s*'([^']{1,40})'/.exec(text)?.[1];
  } catch (error) {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** @throws code `not-wordpress` naming what was looked at */
export async function requireWordPress(folder: string, named: string): Promise<string> {
  const version = await wordPressVersion(folder);
  if (version !== undefined) return version;
  throw usageError({
    code: 'not-wordpress',
    message: `${named} is not WordPress: it has no wp-load.php with wp-includes/version.php.`,
    remedy: 'Name the folder or archive of a WordPress in app.source of the definition, or use "auto".',
  });
}
