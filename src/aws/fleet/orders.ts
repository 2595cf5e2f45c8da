import { z } from 'zod';
import { editionSchema } from '../../release/stored.js';
import type { EnvironmentName } from '../../site/schema.js';
import { releaseKeys } from '../naming.js';

/**
 * What the operations host wants of the instances of an environment: one document in the release bucket, which only the
 * operations host writes, and every instance of the environment reads once a second. docs/decisions has why, and what a
 * crash at each point leaves.
 */

const moment = z.number();

/** What is asked of one instance. Each may be carried out twice. */
export const taskSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('prepare'), edition: editionSchema }),
  z.object({ do: z.literal('revise'), edition: editionSchema }),
  /** Obeyed only while this is the edition that is recorded as current. 0: none. `at` in ms since 1970. */
  z.object({ do: z.literal('switch'), edition: z.int().min(0), at: moment }),
  z.object({ do: z.literal('prune'), keep: z.array(z.int().min(0)) }),
  z.object({ do: z.literal('verify'), edition: z.int().min(1) }),
  z.object({ do: z.literal('refresh') }),
  /** What the access log says of the time between two moments. */
  z.object({ do: z.literal('span'), from: moment, until: moment }),
  /** Dev only: no requests reach the application until then, or until it is released. */
  z.object({ do: z.literal('hold'), until: moment }),
  z.object({ do: z.literal('release') }),
]);
export type Task = z.infer<typeof taskSchema>;

export const orderSchema = z.object({
  /** Never given twice in an environment: an instance answers with it. */
  number: z.int().min(1),
  /** Whoever gave it waits so long, in ms since 1970; later it is not begun any more. */
  until: moment,
  task: taskSchema,
});
export type Order = z.infer<typeof orderSchema>;

export const ordersSchema = z.object({
  /** The last number that was given. */
  last: z.int().min(0),
  /** Until then instances report every second, in ms since 1970. */
  watchedUntil: moment,
  /** The latest order of each instance. */
  orders: z.record(z.string(), orderSchema),
});
export type Orders = z.infer<typeof ordersSchema>;

export const noOrders: Orders = { last: 0, watchedUntil: 0, orders: {} };

/** In the release bucket. */
export const ordersKey = (environment: EnvironmentName) => `${releaseKeys.orders}${environment}.json`;
