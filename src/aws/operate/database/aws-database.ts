import type { GatedDatabase } from '../../../platform/platform.js';
import { rdsMysql } from '../../../replication/rds-mysql.js';
import type { TlsAuthorities } from '../../../sql/connect.js';
import type { Caller } from '../../deployment/clients.js';
import type { Bucket } from '../bucket.js';
import { rdsAuthorities } from './authorities.js';
import { type AwsDatabases, awsDatabases } from './databases.js';
import { awsGate } from './gate.js';
import { GateRecord } from './gate-record.js';
import { Passwords } from './passwords.js';
import { rebuildReplica } from './rebuild.js';
import { route53Routing } from './routing.js';

export interface AwsDatabaseOptions {
  readonly siteName: string;
  readonly clients: { readonly rds: Caller; readonly secrets: Caller; readonly route53: Caller };
  /** The release bucket, from its root: what the gates are meant to be lies in it. */
  readonly bucket: Bucket;
  /** Default: RDS's, or what UNDERSTUDY_RDS_CA names. */
  readonly authorities?: TlsAuthorities;
}

export interface AwsDatabase extends GatedDatabase {
  readonly databases: AwsDatabases;
  readonly record: GateRecord;
}

/** The schema of a site, as the data stack has it. */
export const schemaOf = (siteName: string): string => siteName.replaceAll('-', '_');

/** A site's databases on RDS for MySQL. Nothing is asked before one of them is called. */
export function awsDatabase({ siteName, clients, bucket, authorities }: AwsDatabaseOptions): AwsDatabase {
  const { rds, secrets, route53 } = clients;
  const databases = awsDatabases({
    siteName,
    schema: schemaOf(siteName),
    rds,
    passwords: new Passwords(secrets, siteName),
    authorities: authorities ?? rdsAuthorities(),
  });
  const record = new GateRecord(bucket);
  const gate = awsGate({ databases, record });
  return {
    databases,
    positions: rdsMysql,
    gate,
    record,
    routing: route53Routing(route53, siteName),
    rebuildsFrom: 'primary',
    rebuild: (replica, _from, work) => rebuildReplica({ siteName, rds, databases, gate, bucket, replica }, work),
  };
}
