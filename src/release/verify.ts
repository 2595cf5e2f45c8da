import { UnderstudyError } from '../output/errors.js';
import type { ReleaseArchive, ReleaseRecord } from '../platform/release-archive.js';
import { type FileEntry, type Manifest, readManifest } from './manifest.js';
import { fileHash } from './packs.js';

/**
 * Reads a stored release again, manifest and packs, and compares it with what was recorded when it was made. What is
 * in a pack was compared with its files back then, so a pack with the same hash still holds them.
 * @throws code `release-missing`, `release-damaged` naming what differs
 */
export async function verifyRelease(archive: ReleaseArchive, release: number, signal?: AbortSignal): Promise<Manifest> {
  const manifest = [...readManifest(await archive.manifest(release))];
  const record = (await archive.list()).find(({ number }) => number === release);
  const packs = record?.packs ?? [];
  requireNamed(manifest, packs);
  for (const pack of packs) {
    signal?.throwIfAborted();
    if ((await fileHash(await archive.packFile(pack, signal))) !== pack.sha256) {
      throw damaged(`the content of pack ${pack.number} has changed since it was written`);
    }
  }
  return manifest;
}

function requireNamed(manifest: Manifest, packs: ReleaseRecord['packs']): void {
  const numbers = new Set(packs.map(({ number }) => number));
  const orphan = manifest.find((entry): entry is FileEntry => entry.type === 'f' && !numbers.has(entry.pack));
  if (orphan) throw damaged(`${orphan.path} is said to be in pack ${orphan.pack}, which the release does not have`);
}

function damaged(what: string): UnderstudyError {
  return new UnderstudyError({
    code: 'release-damaged',
    message: `A stored release is damaged: ${what}.`,
    remedy: 'Promote again, which makes a new one, and remove the damaged one.',
  });
}
