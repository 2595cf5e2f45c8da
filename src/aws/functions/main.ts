import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { RDSClient } from '@aws-sdk/client-rds';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Bucket } from '../operate/bucket.js';
import { s3Client } from '../operate/clients.js';
import { rdsAuthorities } from '../operate/database/authorities.js';
import { schemaOf } from '../operate/database/aws-database.js';
import { awsDatabases } from '../operate/database/databases.js';
import { awsGate } from '../operate/database/gate.js';
import { GateRecord } from '../operate/database/gate-record.js';
import { Passwords } from '../operate/database/passwords.js';
import { heartbeats } from './beat.js';
import { lookAtSite } from './look-at-site.js';
import { publish } from './publish.js';
import { siteMetrics } from './site-metrics.js';

/**
 * What looks after a site in AWS while no promotion does: two functions out of one file. The heartbeat is on its own,
 * so that nothing that takes its time, such as stopping a replica, makes replicas seem dead.
 */

/** Once a minute: which replicas answer. */
export async function heartbeat(): Promise<void> {
  const { siteName, databases, cloudWatch } = parts();
  await publish(cloudWatch, siteName, await heartbeats(databases));
}

/** Once a minute, and when RDS tells that something has happened to a server: gates as they are meant, and metrics. */
export async function keeper(): Promise<void> {
  const { siteName, cloudWatch, ...rest } = parts();
  const facts = await lookAtSite(rest);
  for (const { id } of facts.replicas.filter(({ closed }) => closed)) {
    log({ replica: id, text: 'its gate was not closed, and is now' });
  }
  await publish(cloudWatch, siteName, siteMetrics(facts));
}

interface Parts {
  readonly siteName: string;
  readonly databases: ReturnType<typeof awsDatabases>;
  readonly gate: ReturnType<typeof awsGate>;
  readonly record: GateRecord;
  readonly bucket: Bucket;
  readonly cloudWatch: CloudWatchClient;
}

let made: Parts | undefined;

/** Made once: what one call has asked (passwords, endpoints) the next one need not ask again. */
function parts(): Parts {
  made ??= makeParts(variable('SITE'), variable('RELEASE_BUCKET'));
  return made;
}

function makeParts(siteName: string, bucketName: string): Parts {
  // A call that hangs must leave time for others before the function itself is ended.
  const settings = { maxAttempts: 3, requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } };
  const rds = new RDSClient(settings);
  const databases = awsDatabases({
    siteName,
    schema: schemaOf(siteName),
    rds,
    passwords: new Passwords(new SecretsManagerClient(settings), siteName),
    authorities: rdsAuthorities(),
  });
  const bucket = new Bucket(s3Client(), bucketName, '');
  const record = new GateRecord(bucket);
  return {
    ...{ siteName, databases, record, bucket },
    gate: awsGate({ databases, record }),
    cloudWatch: new CloudWatchClient(settings),
  };
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new RangeError(`The function needs the variable ${name}.`);
  return value;
}

/** One line for CloudWatch's logs. */
function log(line: Readonly<Record<string, string>>): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
}
