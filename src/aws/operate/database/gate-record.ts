import { z } from 'zod';
import type { ServerId } from '../../../platform/edition.js';
import type { MeantGate, MeantGates } from '../../../platform/meant-gates.js';
import type { Bucket } from '../bucket.js';
import { readStored, updateStored } from '../stored-json.js';

/** In the release bucket. */
export const gateRecordKey = 'editions/gates.json';

/** A `MeantGates`. RDS counts its 30 days from `since`. */
const schema = z.record(
  z.string(),
  z.object({ meant: z.enum(['closed', 'open', 'advancing']), since: z.string(), until: z.string().optional() }),
);

/**
 * What the replicas' gates are meant to be, durably and for everybody: on RDS a closed gate is only a replica that
 * was stopped, which a reboot may start again. Written before a gate is moved, by whoever moves it.
 */
export class GateRecord {
  constructor(private readonly bucket: Bucket) {}

  async read(): Promise<MeantGates> {
    return (await readStored(this.bucket, gateRecordKey, schema)) ?? {};
  }

  async set(replica: ServerId, meant: MeantGate): Promise<void> {
    await updateStored(this.bucket, gateRecordKey, schema, (found) => ({ ...found, [replica]: meant }));
  }
}

/** Whether a gate that is not shut is in order at this moment. */
export function mayBeOpen(meant: MeantGate | undefined, now: number): boolean {
  if (meant?.meant === 'open') return true;
  return meant?.meant === 'advancing' && meant.until !== undefined && Date.parse(meant.until) > now;
}
