import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Bounds the memory: this much for each of the 64 copies in flight. */
const chunkBytes = 256 * 1024;

export interface Copied {
  /** SHA-256 in hex of what was read. */
  readonly hash: string;
  readonly bytes: number;
  /** The first bytes, at most 8 KB, where a file states its version. */
  readonly head: Buffer;
}

export interface CopyTo {
  readonly path: string;
  readonly mode: number;
  readonly modifiedMs: number;
}

/**
 * Copies a file's content in one reading, and tells its hash. Never follows a symbolic link at the source's end, and
 * does not wait for a named pipe. The target is written over, in place.
 * @param size what the source is expected to have; a wrong one costs a read more, nothing else
 */
export async function copyContent(source: string, size: number, to: CopyTo): Promise<Copied> {
  const from = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const target = await open(to.path, 'w', to.mode);
    try {
      const copied = await pump(from, target, size);
      // The umask may have taken bits away.
      await target.chmod(to.mode);
      await target.utimes(to.modifiedMs / 1000, to.modifiedMs / 1000);
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await from.close();
  }
}

async function pump(from: FileHandle, to: FileHandle, size: number): Promise<Copied> {
  const hash = createHash('sha256');
  // One byte more than expected: a read that fills less than the buffer has met the end, and saves a second read,
  // which would be a round trip on a network file system.
  const buffer = Buffer.allocUnsafe(Math.min(size + 1, chunkBytes));
  let bytes = 0;
  let head: Buffer | undefined;
  for (;;) {
    const { bytesRead } = await from.read(buffer, 0, buffer.length, null);
    const part = buffer.subarray(0, bytesRead);
    head ??= Buffer.from(part.subarray(0, 8192));
    hash.update(part);
    if (bytesRead > 0) await writeAll(to, part);
    bytes += bytesRead;
    if (bytesRead === 0 || (bytesRead < buffer.length && bytes >= size)) break;
  }
  return { hash: hash.digest('hex'), bytes, head };
}

async function writeAll(to: FileHandle, part: Buffer): Promise<void> {
  for (let written = 0; written < part.length; ) {
    written += (await to.write(part, written, part.length - written, null)).bytesWritten;
  }
}
