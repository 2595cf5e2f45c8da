import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Bounds the memory, as each of the 64 copies in flight has one of these. */
const chunkBytes = 256 * 1024;

/** Used again and again: new ones for each of 17,500 files would be 4 GB for the garbage collector. */
const spareBuffers: Buffer[] = [];

export interface Copied {
  /** SHA-256 in hex of what was read. */
  readonly hash: string;
  readonly bytes: number;
  /** What was asked for with `headBytes`, or less if there is less. */
  readonly head: string;
}

export interface CopyTo {
  readonly path: string;
  readonly mode: number;
  readonly modifiedMs: number;
}

/**
 * Copies a file's content in one reading, and tells its hash. Never follows a symbolic link at the source's end, and
 * does not wait for a named pipe. The target is written over, in place.
 * @param headBytes how much of the beginning to tell, as Latin-1. Default 0
 */
export async function copyContent(source: string, to: CopyTo, headBytes = 0): Promise<Copied> {
  const from = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const target = await open(to.path, 'w', to.mode);
    try {
      const copied = await pump(from, target, headBytes);
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

async function pump(from: FileHandle, to: FileHandle, headBytes: number): Promise<Copied> {
  const hash = createHash('sha256');
  const buffer = spareBuffers.pop() ?? Buffer.allocUnsafe(chunkBytes);
  try {
    let bytes = 0;
    let head = '';
    for (;;) {
      const { bytesRead } = await from.read(buffer, 0, chunkBytes, null);
      const part = buffer.subarray(0, bytesRead);
      if (bytes === 0 && headBytes > 0) head = part.toString('latin1', 0, headBytes);
      hash.update(part);
      if (bytesRead > 0) await writeAll(to, part);
      bytes += bytesRead;
      // Less than was asked for is the end of a regular file. Another read to be told so would be one more round trip
      // for every small file of a network file system.
      if (bytesRead < chunkBytes) return { hash: hash.digest('hex'), bytes, head };
    }
  } finally {
    spareBuffers.push(buffer);
  }
}

async function writeAll(to: FileHandle, part: Buffer): Promise<void> {
  for (let written = 0; written < part.length; ) {
    written += (await to.write(part, written, part.length - written, null)).bytesWritten;
  }
}
