import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { Bucket } from '../../src/aws/operate/bucket.js';
import { s3EditionHistory } from '../../src/aws/operate/s3-edition-history.js';
import { fakeS3 } from '../helpers/aws/s3.js';
import { editionHistoryContract } from '../helpers/contracts/edition-history.js';

async function storage() {
  const s3 = await fakeS3({ address: '127.14.52.1', pageSize: 1_000 });
  await s3.createBucket('releases');
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new S3Client({ endpoint: s3.url, forcePathStyle: true, region: 'eu-west-1', credentials });
  return { s3, bucket: new Bucket(client, 'releases', '') };
}

editionHistoryContract('an object', async () => {
  const { s3, bucket } = await storage();
  return { history: s3EditionHistory(bucket), other: s3EditionHistory(bucket), close: () => s3.close() };
});

describe('an object that two change at the same moment', () => {
  it('loses no change of either', async () => {
    const { s3, bucket } = await storage();
    const numbers = await Promise.all(Array.from({ length: 6 }, () => s3EditionHistory(bucket).allocate()));
    await s3.close();
    expect([...numbers].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
