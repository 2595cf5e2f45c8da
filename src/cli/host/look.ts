import { join } from 'node:path';
import { JournalCopier } from '../../aws/operate/journal-copy.js';
import { endDeadLease } from '../../aws/operate/lease.js';
import type { InsideDatabases } from '../../aws/operate/status.js';
import type { Platform } from '../../platform/platform.js';
import { interruptedPromotion } from '../../promotion/history.js';
import { promotionIds } from '../../promotion/promotion-ids.js';
import { promotionFiles } from '../../promotion/request.js';
import { withOperator } from '../../replication/operator.js';
import { folderOf, hostPaths } from './documents.js';
import type { Host } from './host.js';

/** What can only be known on the operations host. */
export interface InsideLook {
  /** The promotion or job that changes prod now; null if none does. */
  readonly running: string | null;
  /** The promotion that was cut off after it had begun to change prod; null if there is none. */
  readonly interrupted: string | null;
  /** Null if they could not be asked. */
  readonly databases: InsideDatabases | null;
}

/** How many of the latest promotions are copied again: one at most was cut off before its end was. */
const recent = 3;

/** Looks at the databases, and brings what S3 says of promotions up to date: a runner that was killed could not. */
export async function look(host: Host): Promise<InsideLook> {
  const { bucket, operationsFiles, open } = host;
  const promotionsDir = hostPaths.promotions(operationsFiles);
  const databases = open()
    .then(({ platform }) => lookAtDatabases(platform))
    .catch(() => null);
  const holder = await endDeadLease(bucket);
  for (const id of (await promotionIds(promotionsDir)).slice(-recent)) {
    if (id !== holder?.id) await copyAll(host, id);
  }
  const interrupted = holder ? undefined : await interruptedPromotion(promotionsDir);
  return { running: holder?.id ?? null, interrupted: interrupted?.id ?? null, databases: await databases };
}

/** What one run of a promotion could not copy, because it was killed. */
export async function copyAll({ bucket, operationsFiles }: Host, id: string): Promise<void> {
  const journal = promotionFiles.journal(join(hostPaths.promotions(operationsFiles), id));
  await new JournalCopier(bucket, folderOf.promotion(id), journal).copy();
}

async function lookAtDatabases({ database }: Platform): Promise<InsideDatabases | null> {
  if (!database) return null;
  const { databases, gate, positions } = database;
  const { state, primary, replicas } = await databases.topology();
  const seen = replicas.map(async (id) => {
    const found = await gate.status(id).catch(() => undefined);
    return { id, gate: found?.gate ?? ('unreachable' as const), position: found?.position ?? null };
  });
  const written = withOperator(databases, primary, (server) => positions.written(server)).catch(() => null);
  return { state, replicas: await Promise.all(seen), written: await written };
}
