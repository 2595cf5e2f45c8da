import { z } from 'zod';
import type { ServerId } from '../../../platform/edition.js';
import type { Bucket } from '../bucket.js';
import { readStored, updateStored } from '../stored-json.js';

/** In the release bucket. */
export const gateRecordKey = 'editions/gates.json';

const meantSchema = z.object({
  /** `advancing`: somebody moves it at this moment, until `until` at the latest. */
  meant: z.enum(['closed', 'open', 'advancing']),
  /**
   * ISO 8601. While it is meant to be closed: since when the replica has stood where it stands, which is what RDS
   * counts 30 days from.
   */
  since: z.string(),
  /** ISO 8601. Whoever advanced it is gone if this is past. */
  until: z.string().optional(),
});
const schema = z.record(z.string(), meantSchema);

/** What a gate is meant to be. */
export type MeantGate = Readonly<z.output<typeof meantSchema>>;
export type MeantGates = Readonly<Record<ServerId, MeantGate>>;

/**
 * What the replicas' gates are meant to be, durably and for everybody: on RDS a closed gate is only a replica that
 * was stopped, which a reboot may start again. Written before a gate is moved, by whoever moves it.
 */
export class GateRecord {
  constructor(private readonly bucket: Bucket) {}

  /** A replica that nothing is written of is meant to be closed, and nobody knows since when. */
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
