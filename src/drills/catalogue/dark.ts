import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../stage.js';

/** What is started again before the outage is over is killed again this often. */
const againEveryMs = 100;

/** Parts die at once, and stay dead for a while whoever starts them. */
export async function darken(stage: Stage, what: string, names: readonly string[], forMs: number): Promise<void> {
  const { faults, signal, note } = stage;
  await stage.strike(what, () => faults.kill(names));
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    await delay(againEveryMs, undefined, { signal });
    await faults.kill(names);
  }
  note('the outage is over');
}
