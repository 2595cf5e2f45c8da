import { InvalidArgumentError } from 'commander';
import type { AccessLogs } from '../platform/access-logs.js';
import type { EnvironmentName, Site } from '../site/schema.js';
import type { CommandContext } from './command.js';
import { operationsOf } from './target/operations.js';
import type { Target } from './target/target.js';

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

/** Access logs, and what tells the environments apart in them. */
export interface SiteAccessLogs {
  readonly site: Site;
  readonly logs: AccessLogs;
  /** Host names as visitors use them. */
  readonly domains: Readonly<Record<EnvironmentName, string>>;
}

/**
 * The access logs of a site: those of the platform that is meant, or those in a bucket.
 * @throws refusal `not-up` for a site that has never been up here; what `loadSite` throws, for a bucket
 */
export async function accessLogsOf(context: CommandContext, place: BucketPlace | undefined): Promise<SiteAccessLogs> {
  if (place) return inBucket(context, place);
  const operations = await operationsOf(context);
  const site = await operations.site();
  return { site, logs: await operations.accessLogs(), domains: domainsOf(site, context.target) };
}

async function inBucket(
  { configFile, target }: CommandContext,
  { bucket, prefix }: BucketPlace,
): Promise<SiteAccessLogs> {
  const { loadSite } = await import('../site/load.js');
  const { S3AccessLogs } = await import('../aws/operate/access-logs.js');
  const { Bucket } = await import('../aws/operate/bucket.js');
  const { s3Client } = await import('../aws/operate/clients.js');
  const site = await loadSite(configFile);
  return { site, logs: new S3AccessLogs(new Bucket(s3Client(), bucket, prefix)), domains: domainsOf(site, target) };
}

function domainsOf({ environments, aws }: Site, target: Target): SiteAccessLogs['domains'] {
  const own = target === 'aws' ? aws.domains : {};
  return { dev: own.dev ?? environments.dev.domain, prod: own.prod ?? environments.prod.domain };
}
