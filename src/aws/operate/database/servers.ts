import {
  type DBInstance,
  DescribeDBInstancesCommand,
  type DescribeDBInstancesCommandOutput,
  DescribeEventsCommand,
  type DescribeEventsCommandOutput,
} from '@aws-sdk/client-rds';
import { UnderstudyError } from '../../../output/errors.js';
import type { ServerId } from '../../../platform/edition.js';
import { call } from '../../call.js';
import type { Caller } from '../../deployment/clients.js';
import { primaryId, replicaIds, tags } from '../../naming.js';

/** A server of RDS, found by its tags: names of instances are CloudFormation's. */
export interface RdsServer {
  /** `primary`, `replica-1`, `replica-2`. */
  readonly id: ServerId;
  /** What RDS calls it. */
  readonly instance: string;
  /** RDS's word: `available`, `rebooting`, `storage-full`. */
  readonly status: string;
  /** Undefined while it is being made or removed. */
  readonly endpoint: { readonly host: string; readonly port: number } | undefined;
  readonly zone: string;
  /** Whether RDS keeps a synchronous standby of it, and has it in place. */
  readonly standby: 'in-place' | 'coming' | 'none';
  /** What RDS says of its replication: `replicating`, `stopped`, `terminated`. Undefined for the primary. */
  readonly replication: string | undefined;
  /** All that RDS tells: what a server that is made anew has to be like. */
  readonly described: DBInstance;
}

/**
 * The servers of a site, the primary first, as they are now. A replica that is gone is not among them.
 * @throws code `no-such-server` if there is no primary; what `call` throws
 */
export async function rdsServers(rds: Caller, siteName: string): Promise<readonly RdsServer[]> {
  const found = (await allInstances(rds)).filter((one) => tagOf(one, tags.site) === siteName);
  const servers = [primaryId, ...replicaIds].flatMap((id) => {
    const described = found.find((one) => tagOf(one, tags.role) === id);
    return described ? [serverOf(id, described)] : [];
  });
  if (servers[0]?.id === primaryId) return servers;
  throw new UnderstudyError({
    code: 'no-such-server',
    message: `RDS has no database with the tags ${tags.site} = ${siteName} and ${tags.role} = ${primaryId}.`,
    remedy: 'Look whether these are the account and the region of the site; `understudy aws deploy` makes it.',
  });
}

async function allInstances(rds: Caller): Promise<readonly DBInstance[]> {
  const found: DBInstance[] = [];
  let Marker: string | undefined;
  do {
    const page = await call<DescribeDBInstancesCommandOutput>(
      rds,
      'rds:DescribeDBInstances',
      new DescribeDBInstancesCommand({ Marker }),
    );
    found.push(...(page.DBInstances ?? []));
    Marker = page.Marker;
  } while (Marker);
  return found;
}

export const tagOf = ({ TagList = [] }: DBInstance, key: string) => TagList.find(({ Key }) => Key === key)?.Value;

function serverOf(id: ServerId, described: DBInstance): RdsServer {
  const { Endpoint: endpoint, MultiAZ: multiAz, PendingModifiedValues: pending } = described;
  const isComing = multiAz !== true && pending?.MultiAZ === true;
  return {
    id,
    instance: described.DBInstanceIdentifier ?? '',
    status: described.DBInstanceStatus ?? '',
    endpoint: endpoint?.Address ? { host: endpoint.Address, port: endpoint.Port ?? 3306 } : undefined,
    zone: described.AvailabilityZone ?? '',
    standby: multiAz === true ? 'in-place' : isComing ? 'coming' : 'none',
    replication: described.StatusInfos?.find(({ StatusType }) => StatusType === 'read replication')?.Status,
    described,
  };
}

/** A failover of RDS takes one to two minutes; one that began longer ago has failed or is over. */
const failoverMinutes = 10;

/** Whether the last that RDS tells of failovers of this server is that one has begun. */
export async function isFailingOver(rds: Caller, instance: string): Promise<boolean> {
  const { Events = [] } = await call<DescribeEventsCommandOutput>(
    rds,
    'rds:DescribeEvents',
    new DescribeEventsCommand({
      SourceType: 'db-instance',
      SourceIdentifier: instance,
      EventCategories: ['failover'],
      Duration: failoverMinutes,
    }),
  );
  // In the order of time. Events have no number here, only words.
  return /\bstarted\b/i.test(Events.at(-1)?.Message ?? '');
}
