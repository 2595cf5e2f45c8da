import { z } from 'zod';
import type { EnvironmentName } from '../../site/schema.js';
import { releaseKeys } from '../naming.js';
import type { Task } from './orders.js';

/** What one instance says of itself, in an object of the release bucket that only it writes. */

/** What comes back for a task that was done, beside that it was. */
export const resultSchemas = {
  prepare: z.object({}),
  revise: z.object({}),
  /** When the link was renamed, by the instance's clock, in ms since 1970. */
  switch: z.object({ switchedAt: z.number() }),
  prune: z.object({}),
  /** SHA-256 of the manifest that every file was compared with. */
  verify: z.object({ manifestHash: z.string() }),
  refresh: z.object({}),
  /** `AskedInSpan`. */
  span: z.object({ requests: z.int(), failed: z.int(), times: z.record(z.string(), z.int()) }),
  hold: z.object({}),
  release: z.object({}),
} as const satisfies Record<Task['do'], z.ZodType>;
export type ResultOf<T extends Task['do']> = z.infer<(typeof resultSchemas)[T]>;

/** A `WireError`. */
const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
  kind: z.enum(['failed', 'usage', 'refused']),
});

export const answerSchema = z.object({
  /** Of the order. */
  number: z.int().min(1),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('done'), result: z.record(z.string(), z.unknown()) }),
    z.object({ kind: z.literal('failed'), error: errorSchema }),
  ]),
});
export type Answer = z.infer<typeof answerSchema>;

export const reportSchema = z.object({
  instance: z.string(),
  /** When it was written, by the instance's clock, in ms since 1970. */
  at: z.number(),
  /** Names the run of the agent: its counters begin at 0. */
  run: z.string(),
  /** What its links `current` and `next` lead to; 0: to nothing promoted. Null in dev. */
  current: z.int().nullable(),
  next: z.int().nullable(),
  /** Everything in its folder of editions. */
  editions: z.array(z.string()),
  /** Requests of visitors since the agent runs, and answers of the 5xx class among them. */
  requests: z.int(),
  failed: z.int(),
  /** What its health page says; undefined if that does not answer. */
  degraded: z.array(z.string()).optional(),
  /** Workers of PHP: busy now, and at most. Undefined if PHP does not answer. */
  php: z.object({ busy: z.int(), most: z.int() }).optional(),
  /** The order that it works on. */
  working: z.int().nullable(),
  /** The last order that it has carried out, or tried to. */
  answered: answerSchema.optional(),
});
export type Report = z.infer<typeof reportSchema>;

/** An instance that has said nothing for so long is not reachable: it reports every ten seconds at least. */
export const silentMs = 45_000;

/** In the release bucket: below it, an instance of this environment may write. */
export const reportsBelow = (environment: EnvironmentName) => `${releaseKeys.reports}${environment}/`;
export const reportKey = (environment: EnvironmentName, instance: string) =>
  `${reportsBelow(environment)}${instance}.json`;
