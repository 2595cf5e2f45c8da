import { z } from 'zod';
import type { ReplicationGate } from '../../platform/databases.js';
import { editionSchema } from '../../release/stored.js';
import { reportSchema, reportsBelow, silentMs } from '../fleet/reports.js';
import { releaseKeys as folders, replicaIds } from '../naming.js';
import type { Bucket } from '../operate/bucket.js';
import type { AwsDatabases } from '../operate/database/databases.js';
import type { GateRecord } from '../operate/database/gate-record.js';
import { isLeased } from '../operate/lease.js';
import { releaseKeys } from '../operate/s3-release-archive.js';
import { readStored } from '../operate/stored-json.js';
import { enforceGates } from './enforce-gates.js';
import type { SiteFacts } from './site-metrics.js';

export interface LookOptions {
  readonly databases: AwsDatabases;
  readonly gate: ReplicationGate;
  readonly record: GateRecord;
  /** The release bucket. */
  readonly bucket: Bucket;
  readonly now?: () => number;
}

/** Written by the operations host each time that it runs dev's scheduled jobs. */
export const cronKey = `${folders.reports}operations/cron.json`;
const cronSchema = z.object({
  /** In ms since 1970. */
  startedAt: z.number(),
  runners: z.int(),
});

/** Puts the gates right, and looks at everything that our own metrics tell. */
export async function lookAtSite({ databases, gate, record, bucket, now = Date.now }: LookOptions): Promise<SiteFacts> {
  const servers = await databases.servers();
  const there = servers.filter(({ id }) => replicaIds.some((replica) => replica === id));
  const [{ seen, meant }, topology, edition, promoting, served, cron] = await Promise.all([
    enforceGates({ gate, record, replicas: there.map(({ id }) => id), now }),
    databases.topology(),
    readStored(bucket, releaseKeys.currentEdition, editionSchema),
    isLeased(bucket, now()),
    servedNow(bucket, now()),
    readStored(bucket, cronKey, cronSchema),
  ]);
  return {
    state: topology.state,
    replicas: seen.map((one) => ({ ...one, instance: there.find(({ id }) => id === one.id)?.instance ?? one.id })),
    meant,
    edition,
    promoting,
    served,
    cron,
    now: now(),
  };
}

async function servedNow(bucket: Bucket, now: number): Promise<SiteFacts['served']> {
  const served: (number | null)[] = [];
  for await (const key of bucket.keys(reportsBelow('prod'))) {
    const report = await readStored(bucket, key, reportSchema);
    // One that has said nothing for long is gone, or the balancer knows of it.
    if (report && now - report.at < silentMs) served.push(report.current);
  }
  return served;
}
