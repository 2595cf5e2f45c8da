import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode, messageOf } from '../../output/errors.js';
import { killDaemon } from '../../process/daemon.js';
import { isAlive, type ProcessRef } from '../../process/identity.js';
import { lockHolder } from '../../state/lock.js';
import { Backoff } from '../database/backoff.js';
import { type Layout, layoutFor, paths } from '../layout.js';
import { ControlPlaneClient } from './client.js';
import { startControlPlane } from './ensure.js';

/** A control plane that is lost is seen at the second of two looks: one that is just being replaced is none. */
const lookMs = 500;
const looksWithout = 2;
/** One that does not answer for so long hangs. Its longest work between two turns of its loop is some 100 ms. */
const answerMs = 3_000;
const silentCalls = 4;
const askEveryMs = 2_000;
const startAgainMs = 1_000;
const startAgainAtLatestMs = 60_000;

const say = (text: string) => process.stdout.write(`${new Date().toISOString()} ${text}\n`);

/**
 * The guard's process: `guard.js DEFINITION`. It starts a control plane when there is none, and ends one that hangs.
 * It knows nothing of the site, holds nothing and decides nothing else: whether there may be a control plane is for
 * that one's lock. It ends when the site is not meant to be up any more.
 */
async function main(layout: Layout): Promise<void> {
  const starts = new Backoff(startAgainMs, startAgainAtLatestMs);
  let started: ProcessRef | undefined;
  let without = 0;
  let silent = 0;
  let askAt = performance.now() + askEveryMs;
  for (; existsSync(paths.upMarker(layout)); await delay(lookMs)) {
    const holder = await lockHolder(paths.controlLock(layout));
    without = holder ? 0 : without + 1;
    const isStarting = started !== undefined && isAlive(started);
    if (without >= looksWithout && !isStarting && starts.isDue()) {
      starts.putOff();
      say('No control plane runs; one is started.');
      started = await startControlPlane(layout, '--again').catch((error) => void say(messageOf(error)));
    }
    if (!holder || performance.now() < askAt) continue;
    silent = (await answers(layout)) ? 0 : silent + 1;
    askAt = performance.now() + askEveryMs;
    if (silent === 0) starts.forget();
    if (silent < silentCalls) continue;
    silent = 0;
    await end(layout, holder.process);
  }
}

/** It ends nothing with it: whatever it was doing, the next one finds as after any other crash. */
async function end(layout: Layout, asked: ProcessRef): Promise<void> {
  const holder = await lockHolder(paths.controlLock(layout));
  // Another one has come meanwhile.
  if (holder?.process.pid !== asked.pid || holder.process.startTime !== asked.startTime) return;
  say(`The control plane (process ${asked.pid}) does not answer; it is killed.`);
  await killDaemon(asked).catch((error) => say(messageOf(error)));
}

async function answers(layout: Layout): Promise<boolean> {
  try {
    await new ControlPlaneClient(paths.controlSocket(layout)).call('ping', {}, { deadlineMs: answerMs });
    return true;
  } catch (error) {
    // Whatever else it answers, it answers; one that does not listen is just starting, or ending.
    return !hasCode(error, 'deadline');
  }
}

const [configFile] = process.argv.slice(2);
if (configFile === undefined) throw new Error('usage: guard.js DEFINITION');
await main(layoutFor(configFile));
