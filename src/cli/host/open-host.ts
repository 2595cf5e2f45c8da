import { join } from 'node:path';
import { makeClients } from '../../aws/deployment/make-clients.js';
import { awsPlatform } from '../../aws/operate/aws-platform.js';
import { Bucket } from '../../aws/operate/bucket.js';
import { s3Client } from '../../aws/operate/clients.js';
import { awsDatabase } from '../../aws/operate/database/aws-database.js';
import { rdsEvents } from '../../aws/operate/database/rds-events.js';
import { openFleet } from '../../aws/operate/fleet/open-fleet.js';
import { readHostFile } from '../../aws/operate/host-file.js';
import { publishedSite } from '../../aws/operate/published-site.js';
import { topicNotifier } from '../../aws/operate/topic-notifier.js';
import { hasDatabase } from '../../site/cross-checks.js';
import type { Host } from './host.js';

/** The operations host as its programs see it: the one place where the platform in AWS is put together. */
export async function openHost(hostFile: string): Promise<Host> {
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
      const platform = awsPlatform({
        of,
        bucket,
        folders: { dev: devFiles, media: mediaFiles, work: join(stateDir, 'releases') },
        ...(await openFleet({ of, bucket, hostFile, stateDir, mediaFiles })),
        database: hasDatabase(site) ? awsDatabase({ siteName: site.name, clients, bucket }) : undefined,
        notifier: topicNotifier(clients.sns, host.topicArn, site.name),
        events: rdsEvents(clients.rds, site.name),
      });
      return { platform, site };
    },
  };
}
