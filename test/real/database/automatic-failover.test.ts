import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { toPosition } from '../../../src/platform/position.js';
import { waitUntil } from '../../../src/process/wait.js';
import { ledgerOf, type Rounds, roundsOf, verdictOn } from './rounds.js';
import { makeSite, type RunningSite } from './running-site.js';

describe('a server of the cluster is lost', () => {
  let it: RunningSite;
  let rounds: Rounds;
  const other = (server: string) => (server === 'db-1' ? 'db-2' : 'db-1');
  const dataDir = (id: string) => join(paths.databases(it.layout), id, 'data');

  beforeAll(async () => {
    it = await makeSite(8);
    await it.site.prepare();
    await it.start('db-1', 'db-2', 'replica-1');
    rounds = roundsOf(it);
    await rounds.to('redundant');
  });
  beforeEach(() => rounds.to('redundant'));
  afterAll(async () => {
    await rounds?.cluster.end();
    await it.remove();
  });

  /** Writes go on while `fault` happens and the control plane makes its rounds, until the state is redundant again. */
  async function under(fault: (primary: string) => Promise<void>, mended: () => Promise<void> = async () => undefined) {
    const { primary } = await rounds.roles();
    rounds.events.length = 0;
    it.processes.restarts = true;
    const looking = rounds.begin();
    const ledger = ledgerOf(it, rounds);
    try {
      await ledger.grows(50);
      await fault(primary);
      const gapMs = await ledger.resumes();
      await mended();
      await waitUntil(async () => (await rounds.cluster.status()).state === 'redundant', {
        what: 'redundancy',
        deadlineMs: 40_000,
        everyMs: 100,
      });
      await ledger.grows(50);
      return { gapMs, primary };
    } finally {
      await ledger.stop();
      await looking.stop();
      it.processes.restarts = false;
      expect(await verdictOn(it, ledger)).toEqual({ lost: [], differs: 0 });
    }
  }

  test('a primary that is killed: the standby takes over, and it comes back as the standby', async () => {
    const { gapMs, primary } = await under((server) => it.processes.crash(server));
    expect(await rounds.roles()).toMatchObject({ primary: other(primary), standby: { id: primary } });
    expect(rounds.events).toMatchObject([
      { kind: 'failover-begun', subject: primary, detail: 'It does not run.' },
      { kind: 'failover-done', subject: other(primary), ms: expect.any(Number) },
      { kind: 'redundancy-restored', subject: primary, ms: expect.any(Number) },
    ]);
    expect(gapMs).toBeLessThan(10_000);
  });

  test('a primary that hangs: it is killed, and the standby takes over', async () => {
    const { gapMs, primary } = await under(async (server) => it.processes.signal(server, 'SIGSTOP'));
    expect((await rounds.roles()).primary).toBe(other(primary));
    expect(gapMs).toBeLessThan(20_000);
  });

  test('a replica gated since long before these failovers still reaches exactly the present position', async () => {
    const { primary } = await rounds.roles();
    const [row] = await it.sql<{ at: string }>(primary, 'monitor', 'SELECT @@gtid_binlog_pos AS at');
    expect((await it.site.gate.status('replica-1')).position).toBe('');
    await it.site.gate.advance('replica-1', toPosition(row?.at ?? ''));
    expect((await it.site.gate.status('replica-1')).position).toBe(row?.at);
  });

  test('a standby that hangs is replaced, and redundancy comes back', async () => {
    const { gapMs } = await under(async (primary) => it.processes.signal(other(primary), 'SIGSTOP'));
    expect(gapMs).toBeLessThan(5_000);
    expect(rounds.events.map(({ kind }) => kind)).toEqual([
      'redundancy-lost',
      'server-replaced',
      'redundancy-restored',
    ]);
  });

  test('a standby whose data directory was removed is made a copy of the primary, with its binary logs', async () => {
    await under((primary) => rm(dataDir(other(primary)), { recursive: true }));
    expect(rounds.events).toContainEqual(expect.objectContaining({ kind: 'standby-rebuilt' }));
    const { primary, standby } = await rounds.roles();
    const logs = await it.sql(standby.id, 'operator', 'SHOW BINARY LOGS');
    expect(logs.length).toBeGreaterThan(1);
    // It can serve a replica that lacks everything since the beginning.
    await under((server) => it.processes.crash(server));
    expect((await rounds.roles()).primary).toBe(other(primary));
    const [row] = await it.sql<{ at: string }>(standby.id, 'monitor', 'SELECT @@gtid_binlog_pos AS at');
    await it.start('replica-2');
    await it.site.gate.advance('replica-2', toPosition(row?.at ?? ''));
    const count = 'SELECT COUNT(*) AS n FROM ledger WHERE n < 1000';
    expect(await it.sql('replica-2', 'prod', count)).toEqual(await it.sql(standby.id, 'prod', count));
  });

  test('a standby that cannot go on from where it stands (error 1236) is rebuilt', async () => {
    const { standby: before } = await rounds.roles();
    // A transaction of its own, which the primary does not have. Nobody makes rounds who would prevent it.
    for (const statement of ['STOP SLAVE', 'SET GLOBAL read_only = 0']) await it.sql(before.id, 'operator', statement);
    await it.sql(before.id, 'dev', 'INSERT INTO ledger VALUES (-1)');
    await it.sql(before.id, 'operator', 'START SLAVE');
    await under(async () => undefined);
    expect(rounds.events).toContainEqual(expect.objectContaining({ kind: 'standby-rebuilt' }));
    const { standby } = await rounds.roles();
    expect(await it.sql(standby.id, 'operator', 'SELECT n FROM ledger WHERE n = -1')).toEqual([]);
  });
});
