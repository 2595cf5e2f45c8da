import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, refusal } from '../output/errors.js';
import { waitUntil } from '../process/wait.js';
import { writeFileAtomic, writeJson } from '../state/atomic-file.js';
import type { Drill } from './drill.js';
import { brokenInvariants } from './invariants.js';
import { compareWrites } from './ledger.js';
import { limits } from './limits.js';
import { seeded } from './random.js';
import { reportText } from './report.js';
import type { Ground, Stage } from './stage.js';
import { TimeLine } from './time-line.js';
import { type DrillResult, judge, type Measured } from './verdict.js';
import { lacking, Watch } from './watch.js';
import { startWorkload, type Workload, type WorkloadOptions } from './workload.js';
import { findWrites, removeWrites } from './writes-in-dev.js';

export interface DrillOptions {
  readonly seed: number;
  /** Visitors of prod in a second. */
  readonly rate: number;
  /** How long visitors and authors are at it, at least; longer if it takes longer until everything is there again. */
  readonly durationMs: number;
  /** Where ledgers and reports are kept. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Told of every line of the time line. */
  readonly heard: (text: string) => void;
}

/** The workload goes on for this long before the fault, plus up to a second that the seed decides. */
const quietMs = 3_000;

/**
 * One drill: visitors and authors are at work, one thing is broken, and everything that was measured is compared with
 * the limits. What authors wrote is removed afterwards.
 * @throws refusal `not-whole` if something is missing before anything was broken; `login-failed`; the signal's reason
 */
export async function runDrill(drill: Drill, ground: Ground, options: DrillOptions): Promise<DrillResult> {
  await drill.tidy?.(ground);
  await requireWhole(ground);
  const startedAt = new Date();
  const run = `${startedAt.toISOString().replace(/[-:]|\.\d+/g, '')}-${drill.name}`;
  const folder = join(options.folder, run);
  const timeLine = new TimeLine(({ text }) => options.heard(text));
  const workload = await begin(drill, ground, { ...options, run, ledgerFile: join(folder, 'ledger.ndjson') });
  const performed = await perform(drill, ground, options, workload, timeLine);
  const problems = [...performed.problems, ...(await brokenInvariants(ground))];
  const found = await findWrites(ground, run);
  const measured: Measured = {
    ...performed,
    name: drill.name,
    limits: limits[drill.name],
    visits: workload.visitors.visits,
    writes: compareWrites(workload.ledger.writes, found),
    writeOutcomes: workload.ledger.writes,
    startedAt: workload.startedAt,
    problems: [...new Set(problems)],
  };
  const result: DrillResult = { ...judge(measured), seed: options.seed, report: join(folder, 'report.md') };
  noteFailures(workload, timeLine);
  for (const { at, kind, subject, detail } of await ground.platform.events.read(startedAt.toISOString()))
    timeLine.note(`platform: ${kind} ${subject}: ${detail}`, Date.parse(at));
  await removeWrites(ground).catch((error: unknown) =>
    timeLine.note(`what authors wrote stays in dev until the next drill: ${messageOf(error)}`),
  );
  await writeFileAtomic(result.report, reportText(drill, result, timeLine.happenings));
  await writeJson(join(folder, 'result.json'), result);
  return result;
}

async function begin(drill: Drill, ground: Ground, options: WorkloadOptions): Promise<Workload> {
  try {
    if (drill.prepare) {
      await drill.prepare(ground, options.signal);
      await requireWhole(ground);
    }
    return await startWorkload(ground, options);
  } catch (error) {
    await drill.tidy?.(ground);
    throw error;
  }
}

type Performed = Pick<Measured, 'faults' | 'redundancyRestoredMs' | 'problems'>;

/** The fault itself, from a quiet start until everything is there again or will not be. The workload is stopped. */
async function perform(
  drill: Drill,
  ground: Ground,
  options: DrillOptions,
  workload: Workload,
  timeLine: TimeLine,
): Promise<Performed> {
  const { signal, durationMs } = options;
  const faults: { at: number; doneAt: number }[] = [];
  const problems: string[] = [];
  const watch = await Watch.start(ground, timeLine);
  let restoredAt: number | undefined;
  const { stage, whole } = stageOf(drill, ground, options, { workload, timeLine, watch, faults, problems });
  try {
    await delay(quietMs + stage.random() * 1_000, undefined, { signal });
    await drill.fault(stage);
    // Not whole in time is a verdict, told by the limits.
    await whole().catch(() => signal.throwIfAborted());
    restoredAt = watch.wholeSince;
    const left = workload.startedAt + durationMs - performance.now();
    if (left > 0) await delay(left, undefined, { signal });
    if (drill.check) problems.push(...(await drill.check(stage)));
  } catch (error) {
    signal.throwIfAborted();
    problems.push(`the drill itself could not go on: ${messageOf(error)}`);
  } finally {
    await ground.faults.resume();
    await workload.stop();
    await Promise.resolve(drill.tidy?.(ground)).catch((error: unknown) =>
      problems.push(`what the drill has made is not removed: ${messageOf(error)}`),
    );
    await watch.stop();
  }
  const lastFault = faults.at(-1);
  if (watch.wholeSince === undefined) problems.push(...watch.lacks);
  const redundancyRestoredMs =
    restoredAt === undefined || !lastFault ? undefined : Math.max(0, Math.round(restoredAt - lastFault.at));
  return { faults, redundancyRestoredMs, problems };
}

interface Backstage {
  readonly workload: Workload;
  readonly timeLine: TimeLine;
  readonly watch: Watch;
  readonly faults: { at: number; doneAt: number }[];
  readonly problems: string[];
}

function stageOf(
  { name }: Drill,
  ground: Ground,
  { seed, signal }: DrillOptions,
  { workload, timeLine, watch, faults, problems }: Backstage,
): { readonly stage: Stage; readonly whole: () => Promise<void> } {
  const whole = async () => {
    const what = 'everything to be there again';
    const isWhole = () => watch.wholeSince !== undefined;
    await waitUntil(isWhole, { what, deadlineMs: limits[name].redundancyMs, signal });
  };
  const stage: Stage = {
    ...ground,
    random: seeded(seed),
    signal,
    whole,
    note: (text) => timeLine.note(text),
    strike: async (what, work) => {
      timeLine.note(`FAULT: ${what}`);
      const at = performance.now();
      await work();
      watch.distrust();
      faults.push({ at, doneAt: performance.now() });
    },
    blame: (found) => problems.push(...found),
    crowd: (count) => workload.visitors.crowd(count),
  };
  return { stage, whole };
}

function noteFailures({ visitors, ledger }: Workload, timeLine: TimeLine): void {
  const atClock = (moment: number) => Math.round(performance.timeOrigin + moment);
  for (const { path, problem, endedAt } of visitors.visits)
    if (problem !== undefined) timeLine.note(`visitor: ${path}: ${problem}`, atClock(endedAt));
  for (const { number, problem, endedAt } of ledger.writes)
    if (problem !== undefined) timeLine.note(`author: write ${number}: ${problem}`, atClock(endedAt));
}

/** A drill tells what one fault does; a platform that lacks something already would tell nothing. */
export async function requireWhole({ status }: Ground): Promise<void> {
  const now = await status();
  const lacks = now.environments.prod.edition === null ? ['nothing has been promoted yet'] : lacking(now);
  if (lacks.length === 0) return;
  throw refusal({
    code: 'not-whole',
    message: `Nothing was broken, because something is missing already: ${lacks.join('; ')}.`,
    remedy: 'Look at `understudy status`; run `understudy up` or `understudy promote` first.',
  });
}
