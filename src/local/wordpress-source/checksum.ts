import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The digest of a file's content, in hex. */
export async function fileDigest(path: string, algorithm: 'sha256' | 'sha1'): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
