import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { linesOf } from '../../access-log/lines.js';
import { hasErrno } from '../../output/errors.js';
import { readJson, writeJson } from '../../state/atomic-file.js';

/**
 * The file that one balancer process writes its requests to. HAProxy holds it open and cannot be told to leave it, so
 * it is never renamed or cut: what was published becomes a hole in it, which takes no room.
 */
export interface Spool {
  readonly name: string;
  readonly file: string;
  /** The address of the process, which names it in the keys of published files. */
  readonly address: string;
}

const progressSchema = z.object({
  /** Bytes that are published. */
  offset: z.number(),
  /** A file that is being written, or was when this process was lost: it is written again, wholly. */
  publishing: z.object({ until: z.number(), key: z.string() }).nullable(),
});
export type Progress = z.infer<typeof progressSchema>;

const stateSchema = z.record(z.string(), progressSchema);
const nothing: Progress = { offset: 0, publishing: null };

/** How far each spool is published, in one file. */
export class SpoolProgress {
  constructor(private readonly file: string) {}

  async of({ name }: Spool): Promise<Progress> {
    return (await readJson(this.file, stateSchema))?.[name] ?? nothing;
  }

  async set({ name }: Spool, progress: Progress): Promise<void> {
    await writeJson(this.file, { ...(await readJson(this.file, stateSchema)), [name]: progress });
  }
}

/** Apparent size; 0 if there is no such file. */
export async function sizeOf({ file }: Spool): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    (error) => {
      if (hasErrno(error, 'ENOENT')) return 0;
      throw error;
    },
  );
}

/** HAProxy cuts lines at 16 KiB. */
const longestLine = 20 * 1024;
const newline = 0x0a;

/** The end of the last whole line before `size` that is not empty, and that line; undefined if there is none after `from`. */
export async function lastLine(
  { file }: Spool,
  from: number,
  size: number,
): Promise<{ readonly end: number; readonly line: string } | undefined> {
  const start = Math.max(from, size - 2 * longestLine);
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - start), position: start });
    let end = buffer.subarray(0, bytesRead).lastIndexOf('\n');
    while (end > 0 && buffer[end - 1] === newline) end--;
    if (end <= 0) return undefined;
    const line = buffer.subarray(0, end).toString('utf8').split('\n').at(-1) ?? '';
    return { end: start + end + 1, line };
  } finally {
    await handle.close();
  }
}

/** The lines between two places, which are the ends of lines. */
export async function* linesBetween({ file }: Spool, from: number, to: number): AsyncGenerator<readonly string[]> {
  if (to > from) yield* linesOf(createReadStream(file, { start: from, end: to - 1 }));
}

/** Tells files of the same minute apart, and is the same when the same file is written again. */
export const uniqueOf = ({ name }: Spool, offset: number, until: number) =>
  createHash('sha256').update(`${name} ${offset} ${until}`).digest('hex').slice(0, 8);
