import type { S3Client } from '@aws-sdk/client-s3';
import { releaseKeys } from '../naming.js';
import { Bucket } from './bucket.js';

/** The parts of a site's release bucket: `releaseKeys` says what each is for. */
export interface ReleaseBucket {
  /** For `S3ReleaseArchive`. */
  readonly releases: Bucket;
  /** For `s3EditionHistory`. */
  readonly editions: Bucket;
  readonly orders: Bucket;
  readonly reports: Bucket;
}

export function releaseBucket(client: S3Client, name: string): ReleaseBucket {
  const below = (prefix: string) => new Bucket(client, name, prefix);
  return {
    releases: below(releaseKeys.releases),
    editions: below(releaseKeys.editions),
    orders: below(releaseKeys.orders),
    reports: below(releaseKeys.reports),
  };
}
