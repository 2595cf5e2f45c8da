import { z } from 'zod';
import type { CapacityStatus } from '../../platform/status.js';
import { type EnvironmentName, environmentNames, type Site } from '../../site/schema.js';
import { readJson, writeJson } from '../../state/atomic-file.js';
import { type Layout, paths } from '../layout.js';

const countSchema = z.object({ count: z.int(), at: z.string(), why: z.string() });
const countsSchema = z.partialRecord(z.enum(environmentNames), countSchema);

/**
 * What scaling has decided last. It is written down before it is done: a control plane that starts again boots what
 * was to be booted, adopts what runs, and dismisses what was to be dismissed.
 */
export class InstanceCounts {
  #counts: z.infer<typeof countsSchema> = {};

  constructor(
    private readonly layout: Layout,
    private readonly site: Pick<Site, 'environments'>,
  ) {}

  async load(): Promise<void> {
    this.#counts = (await readJson(paths.instanceCounts(this.layout), countsSchema)) ?? {};
  }

  /** Between min and max, which may be others than when it was written down; min before anything was decided. */
  of(environment: EnvironmentName): number {
    const { min, max } = this.site.environments[environment].capacity;
    return Math.min(max, Math.max(min, this.#counts[environment]?.count ?? min));
  }

  status(environment: EnvironmentName): CapacityStatus {
    const { min, max } = this.site.environments[environment].capacity;
    const last = this.#counts[environment];
    return { min, max, wanted: this.of(environment), scaled: last ? { at: last.at, why: last.why } : null };
  }

  /** Durable when it returns. */
  async set(environment: EnvironmentName, count: number, why: string): Promise<void> {
    this.#counts = { ...this.#counts, [environment]: { count, at: new Date().toISOString(), why } };
    await writeJson(paths.instanceCounts(this.layout), this.#counts);
  }
}
