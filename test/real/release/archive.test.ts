import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localReleaseArchive, releasePaths } from '../../../src/local/files/local-release-archive.js';
import { releaseArchiveContract } from '../../helpers/contracts/release-archive.js';

releaseArchiveContract('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-archive-'));
  return {
    archive: localReleaseArchive(folder),
    other: localReleaseArchive(folder),
    damage: async (what) => {
      const path =
        'pack' in what
          ? join(releasePaths.packs(folder), `${what.pack}.tar.zst`)
          : releasePaths.manifest(folder, what.manifest);
      await rm(path);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
});
