import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { usageError } from '../../output/errors.js';
import { readOutput } from '../../process/read-output.js';

export interface OpenDump {
  /** Of the file as it lies there. */
  readonly bytes: number;
  /** How many of them have been read. */
  readonly read: () => number;
  /** The text of the dump, in parts. Can be read once. */
  readonly parts: AsyncIterable<Buffer>;
}

const partBytes = 1024 * 1024;

/**
 * Opens a dump: plain, or packed by gzip or zstd, as its first bytes say, whatever it is called.
 * @throws usage `dump-unusable` if it cannot be read; parts throw the same if it is damaged
 */
export async function openDump(path: string): Promise<OpenDump> {
  const unusable = (why: string, cause?: unknown) =>
    usageError({
      code: 'dump-unusable',
      message: `The dump ${path} cannot be used: ${why}.`,
      remedy: 'Name a file of SQL, plain or packed by gzip or zstd.',
      cause,
    });
  const found = await stat(path).catch((cause) => {
    throw unusable('it is not there, or must not be read', cause);
  });
  if (!found.isFile()) throw unusable('it is not a file');
  const kind = await kindOf(path);
  if (kind === 'zip') throw unusable('it is a .zip; unpack it first');
  if (kind === 'utf16') {
    throw unusable('it is UTF-16, as `>` in PowerShell writes it; dump again with --result-file, which writes bytes');
  }
  let read = 0;
  const onRead = (bytes: number) => {
    read += bytes;
  };
  const damaged = (cause: unknown) => unusable(cause instanceof Error ? cause.message : String(cause), cause);
  return {
    bytes: found.size,
    read: () => read,
    parts: failingWith(damaged, unpacked[kind](path, onRead)),
  };
}

async function kindOf(path: string): Promise<'plain' | 'gzip' | 'zstd' | 'zip' | 'utf16'> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    await file.read(head, 0, 4, 0);
    if (head.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return 'gzip';
    if (head.equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) return 'zstd';
    if (head.subarray(0, 2).equals(Buffer.from([0xff, 0xfe]))) return 'utf16';
    return head.equals(Buffer.from([0x50, 0x4b, 0x03, 0x04])) ? 'zip' : 'plain';
  } finally {
    await file.close();
  }
}

/** How each kind is read. `onRead` is told how much of the file was. */
const unpacked = { plain, gzip, zstd };

async function* plain(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: partBytes })) {
    onRead(chunk.length);
    yield chunk;
  }
}

async function* gzip(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const unpacking = createGunzip({ chunkSize: partBytes });
  // Whoever stops reading closes the file, too.
  const packed = Readable.from(plain(path, onRead), { objectMode: false });
  packed.on('error', (error) => unpacking.destroy(error));
  unpacking.on('close', () => packed.destroy());
  yield* packed.pipe(unpacking);
}

/** Node 20 cannot unpack it itself. How far it is is not known before its end. */
async function* zstd(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    yield* readOutput('zstd', ['--decompress', '--stdout', '--quiet'], { stdin: file.fd });
    onRead((await file.stat()).size);
  } finally {
    await file.close();
  }
}

async function* failingWith(damaged: (cause: unknown) => Error, parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = parts[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch((cause) => {
        throw damaged(cause);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
