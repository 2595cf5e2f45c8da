import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '../output/errors.js';
import type { Part } from '../platform/faults.js';
import { waitUntil } from '../process/wait.js';
import { brokenInvariants } from './invariants.js';
import { compareWrites, type WritesFound } from './ledger.js';
import { choose, type Random, seeded } from './random.js';
import { requireWhole } from './run-drill.js';
import type { Ground } from './stage.js';
import { TimeLine } from './time-line.js';
import type { Visit } from './visitors.js';
import { Watch } from './watch.js';
import { startWorkload } from './workload.js';
import { findWrites } from './writes-in-dev.js';

export interface RandomFaultsOptions {
  /** The same seed gives the same sequence, as far as the platform is in the same state each time. */
  readonly seed: number;
  /** Visitors of prod in a second. */
  readonly rate: number;
  /** Names the run, and the file of its ledger. */
  readonly run: string;
  readonly ledgerFile: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Asked before every fault. @param done how many there were */
  readonly goOn: (done: number) => boolean;
}

export interface RandomFaultsReport {
  readonly faults: number;
  /** How often each kind of fault came: `kill database`. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly requests: number;
  /** GETs of prod that failed, beside those that were in flight in a balancer process that was lost. */
  readonly failed: number;
  readonly writes: WritesFound;
  /** From each fault until everything was there again, in ms, sorted. */
  readonly restoredMs: readonly number[];
  /** What did not hold, in words, with the number of the fault. */
  readonly problems: readonly string[];
}

/** How long the platform may take until everything is there again after one fault. */
const restoreMs = 120_000;
/** Visitors' programs hear a little later of a connection that is gone. */
const hearsayMs = 250;

/**
 * One fault after the other, chosen at random, while visitors and authors are at work. After each, everything must come
 * back by itself and the invariants must hold; at the end every acknowledged write must be there exactly once. Ends
 * early when something does not come back: what follows would say nothing.
 * @throws refusal `not-whole` if something is missing before the first one; the signal's reason
 */
export async function randomFaults(ground: Ground, options: RandomFaultsOptions): Promise<RandomFaultsReport> {
  const { signal, say, goOn } = options;
  await requireWhole(ground);
  const random = seeded(options.seed);
  const timeLine = new TimeLine();
  const workload = await startWorkload(ground, options);
  const watch = await Watch.start(ground, timeLine);
  const kinds: Record<string, number> = {};
  const restoredMs: number[] = [];
  const problems: string[] = [];
  const excused: { from: number; to: number }[] = [];
  let done = 0;
  try {
    while (goOn(done) && problems.length === 0) {
      await delay(500 + random() * 1_000, undefined, { signal });
      const fault = await chooseFault(ground, random);
      const text = `${++done}: ${fault.act} ${fault.part.name}`;
      const at = performance.now();
      await ground.faults[fault.act]([fault.part.name]);
      watch.distrust();
      const struckAt = performance.now();
      kinds[`${fault.act} ${fault.part.role}`] = (kinds[`${fault.act} ${fault.part.role}`] ?? 0) + 1;
      const wholeAt = await wholeAgain(watch, signal);
      // One that hangs keeps what it was given, and what the kernel gives it, until it is replaced.
      const lostUntil = fault.act === 'hang' ? (wholeAt ?? performance.now()) : struckAt;
      if (fault.part.role === 'balancer') excused.push({ from: at, to: lostUntil + hearsayMs });
      if (wholeAt === undefined) problems.push(`${text}: ${watch.lacks.join('; ')}`);
      else restoredMs.push(Math.round(Math.max(0, wholeAt - at)));
      problems.push(...(await brokenInvariants(ground)).map((broken) => `${text}: ${broken}`));
      say(`${text}: ${wholeAt === undefined ? 'not whole' : `whole after ${((wholeAt - at) / 1000).toFixed(1)} s`}`);
    }
  } finally {
    await ground.faults.resume();
    await workload.stop();
    await watch.stop();
  }
  const { visits } = workload.visitors;
  const failures = visits.filter((visit) => visit.problem !== undefined && !isExcused(visit, excused));
  const writes = compareWrites(workload.ledger.writes, await findWrites(ground, options.run));
  if (failures.length > 0) problems.push(`${failures.length} GETs of prod failed: ${failureText(failures)}`);
  if (writes.wrong.length > 0) problems.push(`writes lost or doubled: ${writes.wrong.join(', ')}`);
  restoredMs.sort((a, b) => a - b);
  return { faults: done, kinds, requests: visits.length, failed: failures.length, writes, restoredMs, problems };
}

interface RandomFault {
  readonly act: 'kill' | 'hang' | 'terminate';
  readonly part: Part;
}

/** Most faults are sudden ends; one in four is a hang, which takes longer to be noticed. */
async function chooseFault({ faults }: Ground, random: Random): Promise<RandomFault> {
  const parts = (await faults.parts()).filter(({ role, host }) => role !== 'other' && host !== 'canary');
  const ordered = [...parts].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  const part = choose(random, ordered);
  const dice = random();
  const act = dice < 0.6 ? 'kill' : dice < 0.85 ? 'hang' : 'terminate';
  return { act, part };
}

/** @returns when, as `performance.now()`; undefined if it never was */
async function wholeAgain(watch: Watch, signal: AbortSignal): Promise<number | undefined> {
  try {
    const what = 'everything to be there again';
    return await waitUntil(() => watch.wholeSince, { what, deadlineMs: restoreMs, signal });
  } catch (error) {
    if (hasCode(error, 'deadline')) return undefined;
    throw error;
  }
}

const isExcused = ({ sentAt, endedAt }: Visit, excused: readonly { from: number; to: number }[]) =>
  excused.some(({ from, to }) => sentAt <= to && endedAt >= from);

const failureText = (failures: readonly Visit[]) =>
  failures
    .slice(0, 5)
    .map(
      ({ path, problem, endedAt }) =>
        `${path}: ${problem} (${new Date(performance.timeOrigin + endedAt).toISOString()})`,
    )
    .join('; ');
