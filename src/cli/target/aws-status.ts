import { databaseFromOutside } from '../../aws/operate/database/from-outside.js';
import { route53Routing } from '../../aws/operate/database/routing.js';
import { Members } from '../../aws/operate/fleet/members.js';
import { seenInstances } from '../../aws/operate/fleet/seen-instances.js';
import { groupCapacity } from '../../aws/operate/group-capacity.js';
import { isLeased } from '../../aws/operate/lease.js';
import { raisedAlarms } from '../../aws/operate/raised-alarms.js';
import { S3ReleaseArchive } from '../../aws/operate/s3-release-archive.js';
import { awsStatus as statusOf } from '../../aws/operate/status.js';
import type { PlatformStatus } from '../../platform/status.js';
import { hasDatabase } from '../../site/cross-checks.js';
import type { InsideLook } from '../host/look.js';
import type { AwsAccess } from './aws-site-access.js';

/**
 * Where a site in AWS stands. Nothing is changed by it: services are asked what they say, and the operations host what
 * only it can see. What cannot be told is told as a problem.
 */
export function awsStatus({ of, clients, releases, ask }: AwsAccess): Promise<PlatformStatus> {
  const { name } = of.site;
  const members = new Members(name, clients);
  const archive = new S3ReleaseArchive(releases, '/nonexistent');
  return statusOf(of, {
    instances: (environment) => seenInstances(releases, members, environment),
    capacity: (environment) => groupCapacity(clients.autoScaling, name, environment),
    database: hasDatabase(of.site) ? () => databaseFromOutside(clients.rds, name) : undefined,
    weights: () => route53Routing(clients.route53, name).weights(),
    edition: () => archive.currentEdition(),
    alarms: () => raisedAlarms(clients.cloudWatch, name),
    inside: async () => ((await ask('look', 'none')) as InsideLook | undefined)?.databases ?? null,
    changing: () => isLeased(releases, Date.now()),
  });
}
