import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ZodType } from 'zod';
import { hasErrno, UnderstudyError } from '../output/errors.js';

export interface WriteOptions {
  /** Default 0644. */
  readonly mode?: number;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Writes a file so that a crash leaves either the old content or the new, never a part:
 * written aside, flushed, renamed, and the folder flushed.
 * @throws code `disk-full` when there is no room; the old content stays
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644, owner }: WriteOptions = {},
): Promise<void> {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(aside, 'wx', mode);
    try {
      await file.writeFile(content);
      // The umask may have taken bits away.
      await file.chmod(mode);
      if (owner) await file.chown(owner.uid, owner.gid);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    if (hasErrno(error, 'ENOSPC') || hasErrno(error, 'EDQUOT')) {
      throw new UnderstudyError({
        code: 'disk-full',
        message: `There is no room to write ${path}.`,
        remedy: 'Free some disk space and run the command again; the old content is still there.',
        cause: error,
      });
    }
    throw error;
  }
  await flushFolder(dirname(path));
}

/** Removes a file that was written so, and what writers that were killed have left aside. Nobody may be writing it. */
export async function removeWhole(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const names = await readdir(folder).catch((error) => {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  });
  for (const each of names) {
    if (each.startsWith(`${name}.`) && /^\.\d+\.[0-9a-f]{8}\.tmp$/.test(each.slice(name.length))) {
      await rm(join(folder, each), { force: true });
    }
  }
  await rm(path, { force: true });
}

/** Makes a rename or a new file in this folder durable. */
export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function writeJson(path: string, value: unknown, options: WriteOptions = {}): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`, options);
}

/**
 * Reads a JSON file and checks its shape.
 * @returns undefined if there is no such file
 * @throws code `state-unreadable` if it is not JSON or not of that shape
 */
export async function readJson<T>(path: string, schema: ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new UnderstudyError({
      code: 'state-unreadable',
      message: `The state file ${path} cannot be understood.`,
      remedy: 'It is written by this program alone; put back a copy, or remove it if you know what it held.',
      cause: error,
    });
  }
}
