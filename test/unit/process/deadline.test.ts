import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { deadlineSignal } from '../../../src/process/deadline.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('a deadline comes although garbage was collected meanwhile', async () => {
  const never = new AbortController().signal;
  const count = 50;
  let came = 0;
  const listen = () => deadlineSignal(100, never).addEventListener('abort', () => came++);
  for (let made = 0; made < count; made++) listen();
  collectGarbage();
  await expect.poll(() => came, { timeout: 5_000 }).toBe(count);
});

it('it is aborted with the other signal at once, for that one’s reason', () => {
  const other = new AbortController();
  const signal = deadlineSignal(60_000, other.signal);
  other.abort('enough');
  expect(signal.reason).toBe('enough');
  expect(deadlineSignal(60_000).aborted).toBe(false);
});
