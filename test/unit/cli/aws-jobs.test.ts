import { expect, test } from 'vitest';
import type { Bucket } from '../../../src/aws/operate/bucket.js';
import type { CommandContext } from '../../../src/cli/command.js';
import { runJob } from '../../../src/cli/target/aws-jobs.js';
import { silent } from '../../../src/output/messages.js';

test('whoever watches a job of a host that is lost is let go by Ctrl-C, and told that it may go on', async () => {
  const said: string[] = [];
  const stop = new AbortController();
  const releases = {
    write: async () => undefined,
    // Nobody writes the last line any more.
    read: async () => {
      setTimeout(() => stop.abort(new Error('It was stopped.')));
      return undefined;
    },
  } as unknown as Bucket;
  const terminal = { report: silent, say: (text: string) => said.push(text) } as unknown as CommandContext['terminal'];
  const access = { releases, by: 'somebody', ask: async () => undefined };
  const job = runJob(access, { terminal, signal: stop.signal }, { kind: 'command', command: ['true'] });
  await expect(job).rejects.toThrow('It was stopped.');
  expect(said.join()).toMatch(/goes on with it: job \d{8}T\d{6}Z-[0-9a-f]{8}/);
});
