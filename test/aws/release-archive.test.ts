import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bucket } from '../../src/aws/operate/bucket.js';
import { releaseKeys, S3ReleaseArchive } from '../../src/aws/operate/s3-release-archive.js';
import type { Edition } from '../../src/platform/edition.js';
import { sha256 } from '../../src/release/manifest.js';
import { type FakeS3, fakeS3 } from '../helpers/aws/s3.js';
import { releaseArchiveContract } from '../helpers/contracts/release-archive.js';

const name = 'releases';

async function storage() {
  const s3 = await fakeS3({ address: '127.14.51.1', pageSize: 2 });
  await s3.createBucket(name);
  const folder = await mkdtemp(join(tmpdir(), 'understudy-s3-archive-'));
  const client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 3,
  });
  const bucket = new Bucket(client, name, 'shop/');
  const archive = (host: string) => new S3ReleaseArchive(bucket, join(folder, host));
  const close = async () => {
    await s3.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { s3, bucket, archive, folder, close };
}

releaseArchiveContract('a bucket', async () => {
  const { bucket, archive, close } = await storage();
  return {
    archive: archive('one'),
    other: archive('another'),
    damage: (what) => bucket.remove('pack' in what ? releaseKeys.pack(what.pack) : releaseKeys.manifest(what.manifest)),
    close,
  };
});

describe('a bucket of releases that two write to', () => {
  let s3: FakeS3;
  let under: Awaited<ReturnType<typeof storage>>;
  let archive: S3ReleaseArchive;
  beforeEach(async () => {
    under = await storage();
    s3 = under.s3;
    archive = under.archive('one');
  });
  afterEach(() => under.close());

  const edition = (id: number): Edition => ({ id, release: 1, position: undefined, replicas: ['replica-1'] });

  it('gives ten that ask for a number at the same moment ten numbers', async () => {
    const numbers = await Promise.all(Array.from({ length: 10 }, (_, host) => under.archive(`${host}`).claimNumber()));
    expect(new Set(numbers).size).toBe(10);
  });

  it('takes a current edition whose answer was lost for written', async () => {
    await archive.setCurrentEdition(edition(1));
    s3.loseAnswers('PUT', 1);
    await archive.setCurrentEdition(edition(2));
    expect(await archive.currentEdition()).toEqual(edition(2));
  });

  it('takes a release whose answer was lost for added', async () => {
    const manifest = 'understudy-manifest 1\n';
    const record = { number: 1, hash: sha256(manifest), files: 0, bytes: 0, createdAt: '', packs: [], components: [] };
    await archive.addRelease(record, manifest);
    await archive.addRelease(record, manifest);
    expect(await archive.list()).toEqual([record]);
    await expect(archive.addRelease({ ...record, files: 5 }, manifest)).rejects.toMatchObject({
      code: 'changed-meanwhile',
    });
  });

  it('refuses a pack whose bytes are not those that were hashed', async () => {
    const file = join(under.folder, 'pack');
    await writeFile(file, 'what was hashed, and then changed');
    const pack = { number: 1, sha256: sha256('what was hashed'), size: 33, files: 1, contentBytes: 33 };
    await expect(archive.addPack(pack, file)).rejects.toMatchObject({ code: 'aws-call-failed', message: /BadDigest/ });
    expect(await archive.hasPack(pack)).toBe(false);
  });

  it('that is busy is asked again, and one that stays so is named with the call', async () => {
    s3.fail('SlowDown', 503, 2);
    expect(await archive.currentEdition()).toBeUndefined();
    s3.fail('SlowDown', 503, 3);
    await expect(archive.currentEdition()).rejects.toMatchObject({
      code: 'aws-call-failed',
      message: expect.stringContaining('s3:GetObject on s3://releases/shop/editions/current.json'),
    });
  });
});
