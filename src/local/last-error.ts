import { open } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';

/** More than a server says when it refuses to start. */
const tailBytes = 16 * 1024;
const looksLikeError = /\[error\]|\[alert\]|\[emerg\]|\bfatal\b|\berror:/i;

/** The last thing in a log that looks like the reason of an end; its last line if nothing does. Empty without a log. */
export async function lastError(logFile: string): Promise<string> {
  const lines = (await tail(logFile)).split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => looksLikeError.test(line)) ?? lines.at(-1) ?? '').trim();
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
