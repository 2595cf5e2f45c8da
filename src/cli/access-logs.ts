import { InvalidArgumentError } from 'commander';
import { refusal } from '../output/errors.js';
import type { AccessLogs } from '../platform/access-logs.js';
import type { Site } from '../site/schema.js';

/** A bucket that load balancers put their access logs into, and what comes before `AWSLogs/` there. */
export interface BucketPlace {
  readonly bucket: string;
  readonly prefix: string;
}

/** Reads `s3://BUCKET` or `s3://BUCKET/PREFIX`. */
export function bucketPlace(text: string): BucketPlace {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket === undefined)
    throw new InvalidArgumentError('It must be a bucket such as s3://my-logs or s3://my-logs/web.');
  return { bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

/**
 * The access logs of a site: those of this machine, which can be read while it is down, or those in a bucket.
 * @throws refusal `not-up` for a site that has never been up here; what `loadSite` throws, for a bucket
 */
export async function accessLogsOf(
  configFile: string,
  place: BucketPlace | undefined,
): Promise<{ readonly site: Site; readonly logs: AccessLogs }> {
  return place ? inBucket(configFile, place) : onThisMachine(configFile);
}

async function inBucket(configFile: string, { bucket, prefix }: BucketPlace) {
  const { loadSite } = await import('../site/load.js');
  const { S3AccessLogs } = await import('../aws/operate/access-logs.js');
  const { Bucket } = await import('../aws/operate/bucket.js');
  const { s3Client } = await import('../aws/operate/clients.js');
  return { site: await loadSite(configFile), logs: new S3AccessLogs(new Bucket(s3Client(), bucket, prefix)) };
}

async function onThisMachine(configFile: string) {
  const { layoutFor } = await import('../local/layout.js');
  const { readSite } = await import('../local/site/applied-site.js');
  const { networkOf } = await import('../local/network/claim.js');
  const { hostsOf } = await import('../local/network/hosts.js');
  const { siteAccessLogs } = await import('../local/access-log/site-access-logs.js');
  const layout = layoutFor(configFile);
  const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
  if (!site || !claim) {
    throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  }
  return { site, logs: siteAccessLogs({ layout, site, hosts: hostsOf(claim.network, site) }) };
}
