import { expect, it } from 'vitest';
import { type Message, reportTask } from '../../../src/output/messages.js';

it('a task is told at its start and at its end, with how long it took and what came out', async () => {
  const said: Message[] = [];
  const result = await reportTask(
    (message) => said.push(message),
    'copy',
    'Copy',
    async () => 3,
    (n) => `${n} files`,
  );
  expect(result).toBe(3);
  expect(said).toMatchObject([
    { kind: 'start', task: 'copy', title: 'Copy' },
    { kind: 'end', task: 'copy', outcome: 'done', detail: '3 files', ms: expect.any(Number) },
  ]);
});

it('a task that fails is told as failed, and its error goes on', async () => {
  const said: Message[] = [];
  const work = reportTask(
    (message) => said.push(message),
    'copy',
    'Copy',
    () => Promise.reject(new Error('no')),
  );
  await expect(work).rejects.toThrow('no');
  expect(said.at(-1)).toMatchObject({ kind: 'end', outcome: 'failed' });
});
