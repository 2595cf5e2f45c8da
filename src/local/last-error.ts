import { open } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';

/** More than a server says when it refuses to start. */
const tailBytes = 16 * 1024;
const looksLikeError = /\[error\]|\[alert\]|\[emerg\]|\bfatal\b|\berror:/i;

/**
 * What looks like the reason of the last end in a log: of the last errors in a row the first one, because what follows
 * is what it led to (MariaDB's very last is "Aborting"). The last line if nothing looks like an error. Empty without a log.
 */
export async function lastError(logFile: string): Promise<string> {
  const lines = (await tail(logFile)).split('\n').filter((line) => line.trim() !== '');
  let index = lines.findLastIndex((line) => looksLikeError.test(line));
  while (index > 0 && looksLikeError.test(lines[index - 1] ?? '')) index--;
  return (lines[index] ?? lines.at(-1) ?? '').trim();
}

async function tail(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - tailBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
