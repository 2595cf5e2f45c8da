import { join } from 'node:path';
import { makeClients } from '../../aws/deployment/make-clients.js';
import { awsPlatform } from '../../aws/operate/aws-platform.js';
import { Bucket } from '../../aws/operate/bucket.js';
import { s3Client } from '../../aws/operate/clients.js';
import { awsDatabase } from '../../aws/operate/database/aws-database.js';
import { rdsEvents } from '../../aws/operate/database/rds-events.js';
import { awsFleet } from '../../aws/operate/fleet/aws-fleet.js';
import type { Canary } from '../../aws/operate/fleet/canary.js';
import { canaryOnHost } from '../../aws/operate/fleet/canary-on-host.js';
import { type DevJobs, devJobs } from '../../aws/operate/fleet/hold-dev.js';
import { Members } from '../../aws/operate/fleet/members.js';
import { awsTraffic } from '../../aws/operate/fleet/traffic.js';
import { type OperationsHost, readHostFile } from '../../aws/operate/host-file.js';
import { publishedSite } from '../../aws/operate/published-site.js';
import { topicNotifier } from '../../aws/operate/topic-notifier.js';
import type { AwsSite } from '../../site/aws-site.js';
import { hasDatabase } from '../../site/cross-checks.js';
import type { Host } from './host.js';

/** What depends on the image of a host, and is another one where there is none. */
export interface HostParts {
  readonly canary: (of: AwsSite, bucket: Bucket, host: OperationsHost) => Canary;
  readonly jobs: (host: OperationsHost) => DevJobs;
}

/** Those of the image. The file is the one that understudy-cron.service looks at. */
const ofTheImage: HostParts = {
  canary: (of, bucket, { variables, stateDir, mediaFiles }) =>
    canaryOnHost({ of, bucket, host: variables, stateDir, mediaFiles }),
  jobs: ({ variables }) => devJobs(join(variables.get('RUN_DIR') ?? '/run/understudy', 'jobs-held')),
};

/** The operations host as its programs see it: the one place where the platform in AWS is put together. */
export async function openHost(hostFile: string, parts: HostParts = ofTheImage): Promise<Host> {
  const host = await readHostFile(hostFile);
  const { region, releaseBucket, operationsFiles, devFiles, mediaFiles, stateDir } = host;
  const clients = makeClients(region);
  const bucket = new Bucket(s3Client(region), releaseBucket, '');
  return {
    bucket,
    operationsFiles,
    devFiles,
    async open() {
      const of = await publishedSite(bucket);
      const { site } = of;
      const members = new Members(site.name, clients);
      const fleet = awsFleet({ bucket, members, canary: parts.canary(of, bucket, host), jobs: parts.jobs(host) });
      const platform = awsPlatform({
        of,
        bucket,
        folders: { dev: devFiles, media: mediaFiles, work: join(stateDir, 'releases') },
        fleet,
        traffic: awsTraffic({ fleet, members, clients }),
        database: hasDatabase(site) ? awsDatabase({ siteName: site.name, clients, bucket }) : undefined,
        notifier: topicNotifier(clients.sns, host.topicArn, site.name),
        events: rdsEvents(clients.rds, site.name),
      });
      return { platform, site };
    },
  };
}
