import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasErrno } from '../../output/errors.js';
import { readJson, writeJson } from '../../state/atomic-file.js';

const mailSchema = z.object({ at: z.string(), to: z.string(), subject: z.string(), text: z.string() });

/** A mail that the built-in sink has taken. */
export type Mail = Readonly<z.infer<typeof mailSchema>>;

/** So many are kept; older ones are removed. */
const kept = 500;

let counted = 0;

/** Keeps a mail. Durable when it returns: only then is its sender told that it was taken. */
export async function keepMail(folder: string, mail: Mail): Promise<void> {
  // Names sort by time; two of the same millisecond by the order in which they came.
  const name = `${mail.at.replaceAll(/[:.]/g, '-')}-${String(counted++ % 10_000).padStart(4, '0')}.json`;
  await writeJson(join(folder, name), mail, { mode: 0o600 });
  // Its name need not be the last one: a clock can be set back.
  const others = (await mailFiles(folder)).filter((file) => file !== name);
  const old = others.slice(0, 1 - kept);
  await Promise.all(old.map((file) => rm(join(folder, file), { force: true })));
}

/** Every mail that is kept, the oldest first. */
export async function readMailbox(folder: string): Promise<readonly Mail[]> {
  const files = await mailFiles(folder);
  const mails = await Promise.all(files.map((file) => readJson(join(folder, file), mailSchema)));
  // One may have been removed meanwhile.
  return mails.filter((mail) => mail !== undefined);
}

async function mailFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error) => {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  });
  return names.filter((name) => name.endsWith('.json')).sort();
}
