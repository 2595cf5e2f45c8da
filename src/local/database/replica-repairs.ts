import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { readJson, writeJson } from '../../state/atomic-file.js';

const repairSchema = z.strictObject({
  replica: z.string(),
  reason: z.string(),
  leak: z.boolean(),
  /** ISO 8601. */
  since: z.string(),
});

/** A replica that is being taken out of prod's edition, rebuilt and taken in again. */
export type ReplicaRepair = Readonly<z.infer<typeof repairSchema>>;

/**
 * The repair that has begun. Written before the replica is taken out, because from then on nothing else tells that it
 * belongs there: whoever finds it finishes it.
 */
export class ReplicaRepairs {
  constructor(private readonly file: string) {}

  begun(): Promise<ReplicaRepair | undefined> {
    return readJson(this.file, repairSchema);
  }

  begin(repair: ReplicaRepair): Promise<void> {
    return writeJson(this.file, repair);
  }

  async done(): Promise<void> {
    await rm(this.file, { force: true });
  }
}
