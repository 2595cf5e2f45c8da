import { join } from 'node:path';
import { z } from 'zod';

/** What was asked for, written down before the promotion begins. */
export const requestSchema = z.object({
  id: z.string(),
  kind: z.enum(['promote', 'plan', 'rollback', 'sync-start', 'sync-stop']),
  by: z.string(),
  /** ISO 8601. */
  at: z.string(),
  bakeSeconds: z.number(),
  /** Of `--hold`: the bake lasts until somebody says `--continue` or `--abort`. */
  hold: z.boolean().optional(),
  /** Of `--plan-hash`: exactly this plan, or none. */
  planHash: z.string().optional(),
  /** Of `--plan --details`: every change of the content is told, however many. */
  details: z.boolean().optional(),
  /** Of `--freeze`: dev is held while its files are read. */
  freeze: z.boolean().optional(),
  /** Of `--accept-read-only`: plugins that write are promoted all the same, and do not work in prod. */
  acceptReadOnly: z.boolean().optional(),
  /** Of `rollback --force`. */
  force: z.boolean().default(false),
  /** Of `rollback`: the release to go back to; absent: the one before the present one. */
  toRelease: z.number().optional(),
});
export type PromotionRequest = z.infer<typeof requestSchema>;

/** The files of one promotion, below the directory of all promotions. */
export const promotionFiles = {
  request: (dir: string) => join(dir, 'request.json'),
  journal: (dir: string) => join(dir, 'journal.ndjson'),
  log: (dir: string) => join(dir, 'runner.log'),
  certificate: (dir: string) => join(dir, 'certificate.json'),
  /** Stands once somebody has let a promotion that holds go on. */
  continued: (dir: string) => join(dir, 'continued.json'),
} as const;

/** Plans that were made and can be promoted by their hash, by hash. */
export const plansDir = (promotionsDir: string) => join(promotionsDir, 'plans');
