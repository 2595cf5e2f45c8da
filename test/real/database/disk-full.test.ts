import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it as test } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { ledgerOf, type Rounds, roundsOf, verdictOn } from './rounds.js';
import { makeSite, type RunningSite } from './running-site.js';

const isRoot = process.getuid?.() === 0;
let it: RunningSite;
let rounds: Rounds;
let small = '';

beforeAll(async () => {
  it = await makeSite(9);
  small = join(paths.databases(it.layout), 'db-1');
  await mkdir(small, { recursive: true });
  // A disk of its own for one server.
  if (isRoot) await run('mount', ['-t', 'tmpfs', '-o', 'size=256M,mode=0700', 'tmpfs', small]);
  await it.site.prepare();
  await it.start('db-1', 'db-2');
  rounds = roundsOf(it);
  await rounds.to('redundant');
});
afterAll(async () => {
  await rounds?.cluster.end();
  await Promise.all(['db-1', 'db-2'].map((server) => it.processes.kill(server)));
  if (isRoot) await run('umount', ['-l', small]);
  await it.remove();
});

test.runIf(isRoot)(
  'a primary whose disk is full: the standby takes over, and it comes back when there is room',
  async () => {
    const looking = rounds.begin();
    it.processes.restarts = true;
    const ledger = ledgerOf(it, rounds);
    try {
      await ledger.grows(50);
      const filler = join(small, 'filler');
      await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64K'], { accept: [0, 1] });
      expect(await ledger.resumes()).toBeLessThan(20_000);
      expect((await rounds.roles()).primary).toBe('db-2');
      expect(rounds.events[1]).toMatchObject({ kind: 'failover-begun', detail: expect.stringContaining('disk') });
      await rm(filler);
      // One that could not start on a full disk is started by its supervisor.
      await it.processes.start('db-1');
      await waitUntil(async () => (await rounds.cluster.status()).state === 'redundant', {
        what: 'redundancy',
        deadlineMs: 60_000,
        everyMs: 100,
      });
      await ledger.grows(50);
    } finally {
      await ledger.stop();
      await looking.stop();
    }
    expect(await verdictOn(it, ledger)).toEqual({ lost: [], differs: 0 });
  },
);
