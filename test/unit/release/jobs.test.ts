import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { filesInFlight, forEachInFlight, type Job, runJobs } from '../../../src/release/jobs.js';

test('all items are done, never more than 64 at once', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachInFlight(Array(500).keys(), async (item) => {
    most = Math.max(most, ++running);
    await delay(1);
    running--;
    done.push(item);
  });
  expect(done).toHaveLength(500);
  expect(most).toBe(filesInFlight);
});

test('jobs that are added are done too', async () => {
  let done = 0;
  const job =
    (depth: number): Job =>
    async (add) => {
      await delay(0);
      done++;
      if (depth > 0) for (let i = 0; i < 3; i++) add(job(depth - 1));
    };
  await runJobs([job(5)]);
  expect(done).toBe(364);
  await runJobs([]);
});

test('after a failure nothing new begins, and it is told when the rest has ended', async () => {
  let begun = 0;
  let running = 0;
  const work = async (item: number) => {
    begun++;
    running++;
    await delay(item === 3 ? 1 : 20);
    running--;
    if (item === 3) throw new Error('third');
  };
  await expect(forEachInFlight(Array(500).keys(), work)).rejects.toThrow('third');
  expect(running).toBe(0);
  expect(begun).toBe(filesInFlight);
});

test('an abort ends it with its reason, before and during', async () => {
  await expect(forEachInFlight([1], async () => {}, AbortSignal.abort('no'))).rejects.toBe('no');
  const controller = new AbortController();
  const work = async (item: number) => {
    if (item === 10) controller.abort('enough');
    await delay(1);
  };
  await expect(forEachInFlight(Array(500).keys(), work, controller.signal)).rejects.toBe('enough');
});
