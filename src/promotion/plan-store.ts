import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ContentChanges } from '../content/wordpress/changes.js';
import { hasErrno, refusal } from '../output/errors.js';
import type { Edition } from '../platform/edition.js';
import { toPosition } from '../platform/position.js';
import type { ReleaseStore } from '../platform/releases.js';
import { readJson, writeJson } from '../state/atomic-file.js';
import type { PromotionFacts } from './facts.js';
import { plansDir } from './request.js';

const planSchema = z.object({
  release: z.number(),
  releaseHash: z.string(),
  position: z.string().nullable(),
  source: z
    .object({
      server: z.string(),
      tables: z.array(z.object({ name: z.string(), rows: z.number(), checksum: z.string() })).readonly(),
    })
    .nullable(),
  replaces: z.number().nullable(),
  /** What changes in the content, as it was told. Kept as it is: dev may have moved on, and the plan has not. */
  changes: z.custom<ContentChanges>().nullable(),
  pinned: z.boolean(),
});
type StoredPlan = z.infer<typeof planSchema>;

/** Names exactly one change: this code and this content, in place of that edition. 16 hex digits. */
export function planHash({ releaseHash, position }: PromotionFacts['stage'], previous: Edition | null): string {
  const named = [releaseHash, position ?? '', previous?.id ?? ''].join('\n');
  return createHash('sha256').update(named).digest('hex').slice(0, 16);
}

const planFile = (promotionsDir: string, hash: string) => join(plansDir(promotionsDir), `${hash}.json`);

/** Keeps a plan, so that it can be promoted later by its hash. */
export async function keepPlan(
  promotionsDir: string,
  plan: {
    readonly staged: PromotionFacts['stage'];
    readonly previous: Edition | null;
    readonly changes: ContentChanges | null;
    readonly pinned: boolean;
  },
): Promise<void> {
  const { staged, previous, ...content } = plan;
  const stored: StoredPlan = { ...staged, ...content, replaces: previous?.id ?? null };
  await writeJson(planFile(promotionsDir, planHash(staged, previous)), stored);
}

/** Removes the plans that can no longer be carried out, because prod serves another edition now. */
export async function prunePlans(promotionsDir: string, now: Edition): Promise<void> {
  const folder = plansDir(promotionsDir);
  const names = await readdir(folder).catch((error) => {
    if (!hasErrno(error, 'ENOENT')) throw error;
    return [];
  });
  for (const name of names) {
    const plan = await readJson(join(folder, name), planSchema);
    if (plan?.replaces !== now.id) await rm(join(folder, name), { force: true });
  }
}

/** A plan as it was kept; undefined if there is none of this hash. */
export async function readKeptPlan(promotionsDir: string, hash: string): Promise<StoredPlan | undefined> {
  return /^[0-9a-f]{16}$/.test(hash) ? readJson(planFile(promotionsDir, hash), planSchema) : undefined;
}

/**
 * Finds a plan again, if it can still be carried out as it was made.
 * @throws refusals `plan-unknown`, `plan-outdated` (prod has changed), `plan-pruned` (its release is gone)
 */
export async function readPlan(
  promotionsDir: string,
  hash: string,
  previous: Edition | null,
  releases: ReleaseStore,
): Promise<PromotionFacts['stage']> {
  const remedy = 'Run `understudy promote --plan` for a new plan.';
  const plan = await readKeptPlan(promotionsDir, hash);
  if (!plan) throw refusal({ code: 'plan-unknown', message: `There is no plan ${JSON.stringify(hash)}.`, remedy });
  const now = previous?.id ?? null;
  if (plan.replaces !== now) {
    const name = (edition: number | null) => (edition === null ? 'nothing' : `edition ${edition}`);
    throw refusal({
      code: 'plan-outdated',
      message: `The plan ${hash} was made when prod served ${name(plan.replaces)}; now it serves ${name(now)}.`,
      remedy,
    });
  }
  const release = (await releases.list()).find(({ number }) => number === plan.release);
  if (release?.hash !== plan.releaseHash) {
    throw refusal({ code: 'plan-pruned', message: `Release ${plan.release} of the plan ${hash} is gone.`, remedy });
  }
  const { position, releaseHash, source } = plan;
  return { release: plan.release, releaseHash, position: position === null ? null : toPosition(position), source };
}
