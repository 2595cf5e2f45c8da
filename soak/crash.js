import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { paths } from '../dist/local/layout.js';
import { waitUntil } from '../dist/process/wait.js';
import { interruptedPromotion } from '../dist/promotion/history.js';
import { readJournal } from '../dist/promotion/journal.js';
import { promotionFiles } from '../dist/promotion/request.js';
import { lockHolder } from '../dist/state/lock.js';
import { CrashSite } from './crash-site.js';

/** Who is killed; `ctrl-c` asks the runner to take everything back. */
const victims = ['runner', 'cli', 'control-plane', 'replica-1', 'replica-2', 'primary', 'prod-1', 'ctrl-c'];
const steps = [
  ...['preflight', 'stage', 'plan', 'media', 'drain', 'advance', 'canary'],
  ...['warm', 'switch', 'bake', 'finalise', 'certificate'],
];
/** At the step's beginning, in the middle of it, and at the boundary to the next. */
const moments = /** @type {const} */ ([
  ['doing', 0],
  ['doing', 150],
  ['done', 0],
]);
const ways = ['--resume', '--abort'];

/** @typedef {{ victim: string, step: string, event: 'doing' | 'done', afterMs: number, way: string }} Round */

/**
 * Every combination of victim, step, moment and way on, in an order that the seed fixes. After each, prod must be
 * wholly the old edition or wholly the new one.
 * @type {import('./soaks.js').Soak}
 */
export const crash = {
  summary: 'kill each process at every step of a promotion, then resume or abort it',
  async run({ minutes, seed, signal, say }) {
    const site = await CrashSite.create();
    const endAt = performance.now() + minutes * 60_000;
    const rounds = shuffled(combinations(), seed);
    /** @type {string[]} */
    const broken = [];
    let done = 0;
    try {
      const up = await site.run(['up']);
      if (up.exitCode !== 0) throw new Error(`up failed: ${up.stderr}`);
      let shown = 1;
      await site.edit(shown);
      const first = await site.run(['promote', '--yes']);
      if (first.exitCode !== 0) throw new Error(`The first promotion failed: ${first.stderr}`);
      for (const round of rounds) {
        if (signal.aborted || performance.now() > endAt) break;
        const number = shown + 1 + done;
        const name = `${round.victim} ${round.afterMs} ms after "${round.event} ${round.step}", ${round.way}`;
        try {
          shown = await play(site, round, shown, number);
          say(`${++done}/${rounds.length} ${name}: ${shown === number ? 'new' : 'old'}`);
        } catch (error) {
          const text = `${name}: ${error instanceof Error ? error.message : error}`;
          say(`${++done}/${rounds.length} BROKE ${text}`);
          broken.push(text);
          break;
        }
      }
    } finally {
      if (broken.length === 0) await site.destroy();
      else say(`The site stays as it is, to be looked at: ${site.configFile}`);
    }
    return {
      held: broken.length === 0,
      rounds: done,
      of: rounds.length,
      broken,
      summary: `${done} of ${rounds.length} combinations were played, ${broken.length} broke.\n${broken.join('\n')}`,
    };
  },
};

function combinations() {
  return victims.flatMap((victim) =>
    steps.flatMap((step) =>
      moments.flatMap(([event, afterMs]) =>
        ways.map((way) => /** @type {Round} */ ({ victim, step, event, afterMs, way })),
      ),
    ),
  );
}

/**
 * @param {CrashSite} site @param {Round} round @param {number} shown @param {number} number of what is promoted
 * @returns {Promise<number>} what prod shows afterwards
 */
async function play(site, { victim, step, event, afterMs, way }, shown, number) {
  await site.settled();
  await site.edit(number);
  const before = await promotions(site);
  const command = site.start(['promote', '--yes']);
  const wait = { what: 'the promotion to begin', deadlineMs: 120_000, everyMs: 5 };
  const journal = await waitUntil(async () => (await promotions(site)).find((one) => !before.includes(one)), wait);
  const begun = await waitUntil(async () => (await readJournal(journal)).find((one) => one.event === 'begun'), wait);
  const reached = async () =>
    (await readJournal(journal)).some(
      (one) => (one.event === event && 'step' in one && one.step === step) || one.event === 'ended',
    );
  await waitUntil(reached, { ...wait, what: `"${event} ${step}"` });
  await delay(afterMs);
  await strike(site, victim, command.pid, begun.process.pid);
  await command.ended;
  // Whoever carries it out goes on without its command.
  const free = async () => (await lockHolder(paths.promotionLock(site.layout))) === undefined;
  await waitUntil(free, { what: 'the promotion to stop', deadlineMs: 240_000, everyMs: 200 });
  await goOn(site, way);
  await site.settled();
  return requireWhole(await site.seen(), shown, number);
}

/** @param {CrashSite} site @param {string} victim @param {number} command @param {number} runner */
async function strike(site, victim, command, runner) {
  if (victim === 'ctrl-c') return end([runner], 'SIGINT');
  if (victim === 'cli') return end([command]);
  if (victim === 'runner') return end([runner]);
  if (victim === 'control-plane') {
    const holder = await lockHolder(paths.controlLock(site.layout));
    return end(holder ? [holder.process.pid] : []);
  }
  const { databases } = await site.database();
  const name = victim === 'primary' ? (await databases.topology()).primary : victim;
  return end(await site.processes(name));
}

/** @param {readonly number[]} pids @param {NodeJS.Signals} signal */
function end(pids, signal = 'SIGKILL') {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself just now.
    }
  }
}

/** Until it has come to an end, in either direction. What it needs may be restarting: so more than once. */
async function goOn(/** @type {CrashSite} */ site, /** @type {string} */ way) {
  const attempts = 5;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (!(await interruptedPromotion(paths.promotions(site.layout)))) return;
    if (attempt > 1) await site.settled();
    const ended = await site.run(['promote', way]);
    if (ended.json?.error?.code === 'no-way-back') await site.run(['promote', '--resume']);
    if (attempt === attempts) throw new Error(`${way} came to no end: ${ended.stderr}`);
  }
}

/** @param {Awaited<ReturnType<CrashSite['seen']>>} seen @param {number} shown @param {number} number */
function requireWhole({ edition, instances, replicas, weights, leftovers }, shown, number) {
  const found = [shown, number].find((one) => instances[0]?.page === `code ${one}`);
  const wrong = [];
  if (found === undefined) wrong.push(`prod shows "${instances[0]?.page}", neither ${shown} nor ${number}`);
  if (edition?.replicas.join() !== 'replica-1,replica-2') wrong.push(`the edition names ${edition?.replicas}`);
  for (const { id, serves, page, by, media } of instances) {
    const whole = serves === edition?.id && by === String(edition?.id);
    if (!whole || page !== `code ${found}` || media !== `media ${found}`) {
      wrong.push(`${id} serves ${serves} (${by}): ${page}, ${media}`);
    }
  }
  for (const { id, gate, position, errant, row } of replicas) {
    const whole = gate === 'closed' && position === edition?.position && errant === undefined;
    if (!whole || row !== `row ${found}`)
      wrong.push(`${id} is ${gate} at ${position} with ${row} (${errant ?? 'none'})`);
    if (weights[id] !== 100) wrong.push(`${id} has weight ${weights[id]}`);
  }
  wrong.push(...leftovers);
  if (wrong.length > 0)
    throw new Error(`not whole (edition ${edition?.id} at ${edition?.position}): ${wrong.join('; ')}`);
  return found ?? shown;
}

/** @param {CrashSite} site */
async function promotions(site) {
  const dir = paths.promotions(site.layout);
  const ids = (await readdir(dir).catch(() => [])).filter((name) => name !== 'plans').sort();
  return ids.map((id) => promotionFiles.journal(join(dir, id)));
}

/** @template T @param {readonly T[]} items @param {number} seed @returns {T[]} */
function shuffled(items, seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
