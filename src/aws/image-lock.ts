import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { hasErrno, usageError } from '../output/errors.js';
import { writeFileAtomic } from '../state/atomic-file.js';

/** Stands beside the definition and is kept with it: which image instances are started from. */
export const imageLockName = 'understudy.aws.lock.json';

const schema = z.strictObject({
  /** Where to read what this file is. */
  about: z.string().optional(),
  imageId: z.string().regex(/^ami-[0-9a-f]{8,17}$/),
  region: z.string(),
  architecture: z.enum(['arm64', 'x86_64']),
  /** SHA-256 over the files of `instance/` that are in the image. */
  instanceFiles: z.string(),
  /** ISO 8601. */
  builtAt: z.string(),
  /** An image that does not exist: templates can be made with it, and nothing deployed. */
  placeholder: z.boolean().optional(),
});
export type ImageLock = Readonly<z.output<typeof schema>>;

export function imageLockFile(configFile: string): string {
  return join(dirname(configFile), imageLockName);
}

/**
 * @returns undefined if there is none yet
 * @throws code `image-lock-damaged` (usage)
 */
export async function readImageLock(configFile: string): Promise<ImageLock | undefined> {
  const file = imageLockFile(configFile);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw usageError({
    code: 'image-lock-damaged',
    message: `${file} is not what \`understudy aws image\` writes: ${issue?.path.join('.') || 'it'}: ${issue?.message}.`,
    remedy: 'Take it from your version control, or run `understudy aws image` to build a new image.',
  });
}

export async function writeImageLock(configFile: string, lock: ImageLock): Promise<void> {
  await writeFileAtomic(imageLockFile(configFile), `${JSON.stringify(lock, undefined, 2)}\n`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
