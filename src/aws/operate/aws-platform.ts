import { join } from 'node:path';
import type { EventLog } from '../../platform/events.js';
import type { Fleet } from '../../platform/fleet.js';
import type { Notifier } from '../../platform/notifier.js';
import type { GatedDatabase, Platform } from '../../platform/platform.js';
import type { Traffic } from '../../platform/traffic.js';
import { releaseStore } from '../../release/release-store.js';
import { mediaPathOf, stagingRules } from '../../release/rules.js';
import type { AwsSite } from '../../site/aws-site.js';
import type { Bucket } from './bucket.js';
import { s3EditionHistory } from './s3-edition-history.js';
import { S3ReleaseArchive } from './s3-release-archive.js';

export interface AwsPlatformParts {
  readonly of: AwsSite;
  /** Of releases. */
  readonly bucket: Bucket;
  /** The file systems, as they are mounted on this host, and a folder whose content may be lost. */
  readonly folders: { readonly dev: string; readonly media: string; readonly work: string };
  readonly fleet: Fleet;
  readonly traffic: Traffic;
  /** Undefined for a site without a database. */
  readonly database: GatedDatabase | undefined;
  readonly notifier: Notifier;
  readonly events: EventLog;
}

/** The platform in AWS, for a process on the operations host: there alone everything can be reached. */
export function awsPlatform({ of, bucket, folders, ...parts }: AwsPlatformParts): Platform {
  const { site } = of;
  const archive = new S3ReleaseArchive(bucket, folders.work);
  const media = mediaPathOf(site.app);
  return {
    ...parts,
    urls: awsUrls(of),
    releases: releaseStore(archive, folders.dev, stagingRules(site)),
    editions: s3EditionHistory(bucket),
    files: {
      devDocumentRoot: folders.dev,
      media: media === undefined ? undefined : { dev: join(folders.dev, media), prod: folders.media },
    },
  };
}

export const awsUrls = ({ domains }: AwsSite): Platform['urls'] => ({
  dev: `https://${domains.dev}`,
  prod: `https://${domains.prod}`,
});
