import type { EnvironmentSpec } from '../../site/schema.js';
import { phpWorkers } from './web-instance.js';

/** What an environment had to do at one moment. */
export interface Load {
  /** In ms, of a clock that only goes forward. */
  readonly at: number;
  readonly requestsPerSecond: number;
  /** PHP workers that were busy, over all instances; where all were, also the requests that waited for one. */
  readonly workers: number;
}

export type Capacity = EnvironmentSpec['capacity'];

/** What is not in the definition, since nobody would know what else to write there. */
export const scalingLimits = {
  /** At most this share of PHP's workers is to be busy: the rest is for the peaks within a second. */
  busyShare: 0.7,
  /** A load that lasts so long brings instances; one page that many ask for at once does not. */
  outAfterMs: 3_000,
  /** Fewer instances are enough only if they would be loaded to this share of their target, or they would be back soon. */
  inShare: 0.8,
} as const;

/** The busy workers that an instance is to have at most. */
export const workersPerInstance = phpWorkers * scalingLimits.busyShare;

export interface Change {
  readonly count: number;
  /** For people: what was measured, and what it should be. */
  readonly why: string;
}

/**
 * Target tracking: as many instances as bring requests and busy workers of each to their targets, between min and max.
 * Out fast: at once to as many as the mean of the last seconds needs. In slowly: one at a time, if that would have been
 * enough at every moment of `scaleInSeconds`.
 * @param count how many instances are meant to run now
 * @param loads since the last change, oldest first. What was seen before it says nothing about now, so every change is
 *   followed by a pause: 3 s before instances are added again, `scaleInSeconds` before one is dismissed
 */
export function decideCount(
  capacity: Capacity,
  count: number,
  loads: readonly Load[],
  now: number,
): Change | undefined {
  return moreNeeded(capacity, count, loads, now) ?? fewerEnough(capacity, count, loads, now);
}

/** Loads that can still matter: those of the time that a decision looks back on, and one from before it. */
export function stillMatters(capacity: Capacity, loads: readonly Load[], now: number): readonly Load[] {
  const first = loads.findLastIndex(({ at }) => at <= now - capacity.scaleInSeconds * 1000);
  return first > 0 ? loads.slice(first) : loads;
}

function moreNeeded(capacity: Capacity, count: number, loads: readonly Load[], now: number): Change | undefined {
  const recent = within(loads, now, scalingLimits.outAfterMs);
  if (recent === undefined || count >= capacity.max) return undefined;
  const requests = mean(recent.map(({ requestsPerSecond }) => requestsPerSecond));
  const workers = mean(recent.map((load) => load.workers));
  const wanted = Math.min(capacity.max, instancesFor(capacity, requests, workers, 1));
  if (wanted <= count) return undefined;
  const reasons = [
    ...(requests > count * capacity.requestsPerInstance
      ? [`${round(requests)} requests/s, and each of ${count} is to get at most ${capacity.requestsPerInstance}`]
      : []),
    ...(workers > count * workersPerInstance
      ? [`${round(workers)} of ${count * phpWorkers} PHP workers wanted, and at most 70 % are to be busy`]
      : []),
  ];
  return { count: wanted, why: reasons.join('; ') };
}

function fewerEnough(capacity: Capacity, count: number, loads: readonly Load[], now: number): Change | undefined {
  const all = within(loads, now, capacity.scaleInSeconds * 1000);
  if (all === undefined || count <= capacity.min) return undefined;
  const needs = all.map((load) => instancesFor(capacity, load.requestsPerSecond, load.workers, scalingLimits.inShare));
  if (Math.max(...needs) >= count) return undefined;
  const requests = Math.max(...all.map(({ requestsPerSecond }) => requestsPerSecond));
  const workers = Math.max(...all.map((load) => load.workers));
  return {
    count: count - 1,
    why: `at most ${round(requests)} requests/s and ${round(workers)} busy PHP workers for ${capacity.scaleInSeconds} s: one fewer is enough`,
  };
}

/** @param share how far an instance is to be loaded, of its target */
function instancesFor({ requestsPerInstance }: Capacity, requests: number, workers: number, share: number): number {
  return Math.ceil(Math.max(requests / (requestsPerInstance * share), workers / (workersPerInstance * share)));
}

/** The loads of the last `ms`; undefined if they do not reach back so far. */
function within(loads: readonly Load[], now: number, ms: number): readonly Load[] | undefined {
  const [oldest] = loads;
  if (!oldest || oldest.at > now - ms) return undefined;
  const recent = loads.filter(({ at }) => at > now - ms);
  return recent.length > 0 ? recent : undefined;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number) => Math.round(value * 10) / 10;
