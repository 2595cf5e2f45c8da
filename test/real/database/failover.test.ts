import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cluster } from '../../../src/local/database/cluster.js';
import { writeRoles } from '../../../src/local/database/roles-record.js';
import { paths } from '../../../src/local/layout.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { toPosition } from '../../../src/platform/position.js';
import { waitUntil } from '../../../src/process/wait.js';
import { type Rounds, roundsOf, seenWaiting } from './rounds.js';
import { makeSite, type RunningSite } from './running-site.js';

describe('making the standby the primary', () => {
  let it: RunningSite;
  let rounds: Rounds;
  let cluster: Cluster;

  const roles = () => rounds.roles();
  const convergeTo: Rounds['to'] = (state) => rounds.to(state);
  const count = async (server: string) =>
    (await it.sql<{ n: number }>(server, 'operator', 'SELECT COUNT(*) AS n FROM notes'))[0]?.n;
  const other = (server: string) => (server === 'db-1' ? 'db-2' : 'db-1');

  beforeAll(async () => {
    it = await makeSite(4);
    await it.site.prepare();
    await it.start('db-1', 'db-2', 'replica-1');
    rounds = roundsOf(it);
    cluster = rounds.cluster;
    await convergeTo('redundant');
    await it.sql('db-1', 'dev', 'CREATE TABLE notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT UNIQUE)');
  });
  beforeEach(() => convergeTo('redundant'));
  afterAll(async () => {
    await cluster?.end();
    await it.remove();
  });

  test('no acknowledged write is lost, and the old primary comes back as the standby', async () => {
    const writers = [1, 2, 3].map((writer) => writeUntilLost('db-1', writer));
    await waitUntil(async () => Number(await count('db-2')) > 200, { what: 'writes', deadlineMs: 30_000 });
    rounds.announced.length = 0;
    const status = await cluster.promoteStandby();
    const acknowledged = (await Promise.all(writers)).flat();
    expect(status).toMatchObject({ state: 'solo', primary: 'db-2', standby: 'db-1' });
    expect(rounds.announced).toEqual(['db-2']);
    const kept = await it.sql<{ n: number }>('db-2', 'operator', 'SELECT n FROM notes');
    const there = new Set(kept.map(({ n }) => n));
    expect(acknowledged.filter((n) => !there.has(n))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(100);

    await it.sql('db-2', 'dev', 'INSERT INTO notes (n) VALUES (-1)');
    await it.up('db-1');
    await convergeTo('redundant');
    expect(await count('db-1')).toBe(await count('db-2'));
  });

  test('what the standby has received and not yet applied is applied before it takes over', async () => {
    const { primary, standby } = await roles();
    const holder = await it.site.databases.connect(standby.id, 'operator');
    // Applying stands still, receiving and acknowledging go on.
    await holder.query('FLUSH TABLES WITH READ LOCK');
    const before = Number(await count(primary));
    for (let n = 0; n < 50; n++) await it.sql(primary, 'dev', 'INSERT INTO notes (n) VALUES (?)', [-1_000 - n]);
    const promoting = cluster.promoteStandby();
    await waitUntil(() => !it.processes.isRunning(primary), { what: 'the fence', deadlineMs: 5_000 });
    expect(Number(await count(standby.id))).toBeLessThan(before + 50);
    await holder.query('UNLOCK TABLES');
    await holder.end();
    expect(await promoting).toMatchObject({ primary: standby.id });
    expect(Number(await count(standby.id))).toBe(before + 50);
    await it.up(primary);
  });

  test('a replica gated since long before two failovers still reaches the present position', async () => {
    expect((await it.site.gate.status('replica-1')).gate).toBe('closed');
    await cluster.promoteStandby();
    await it.up((await roles()).standby.id);
    await convergeTo('redundant');
    const { primary } = await roles();
    const [row] = await it.sql<{ at: string }>(primary, 'monitor', 'SELECT @@gtid_binlog_pos AS at');
    const at = (await it.site.gate.status('replica-1')).position;
    expect(at).toBe('');
    await it.site.gate.advance('replica-1', toPosition(row?.at ?? ''));
    expect(await count('replica-1')).toBe(await count(primary));
  });

  test('what the old primary wrote and nobody acknowledged is gone when it comes back', async () => {
    const { primary, standby } = await roles();
    // The standby stops receiving an instant before the primary dies: its last commit reached nobody.
    await it.sql(standby.id, 'operator', 'STOP SLAVE IO_THREAD');
    const write = it.sql(primary, 'dev', 'INSERT INTO notes (n) VALUES (-77)').then(
      () => 'acknowledged',
      () => 'lost',
    );
    await seenWaiting(it, primary);
    await it.processes.kill(primary);
    expect(await write).toBe('lost');
    await cluster.promoteStandby();
    await it.sql(standby.id, 'dev', 'INSERT INTO notes (n) VALUES (-78)');
    await it.up(primary);
    await convergeTo('redundant');
    const onBoth = 'SELECT n FROM notes WHERE n IN (-77, -78)';
    expect(await it.sql(primary, 'operator', onBoth)).toEqual([{ n: -78 }]);
    expect(await it.sql(standby.id, 'operator', onBoth)).toEqual([{ n: -78 }]);
  });

  test('a standby that may lack writes is refused, and nothing changes', async () => {
    const before = await roles();
    await it.processes.kill(before.standby.id);
    await it.start(before.standby.id);
    await expect(cluster.promoteStandby()).rejects.toMatchObject({ code: 'standby-ineligible', kind: 'refused' });
    expect(await roles()).toEqual(before);
    expect(it.processes.isRunning(before.primary)).toBe(true);
  });

  test('a move that was recorded before a crash is completed', async () => {
    const before = await roles();
    const from = before.primary;
    const to = before.standby.id;
    await writeRoles(paths.databaseRoles(it.layout), {
      ...before,
      moving: { from, to, start: it.processes.startIdentity(to) ?? '' },
    });
    await convergeTo('solo').catch(() => undefined);
    await it.up(from);
    const after = await convergeTo('redundant');
    expect(after).toMatchObject({ primary: to, standby: from });
    expect((await roles()).moving).toBeNull();
  });

  test('a move whose standby was restarted meanwhile is given up, and the old primary taken back', async () => {
    const before = await roles();
    const from = before.primary;
    const to = before.standby.id;
    await writeRoles(paths.databaseRoles(it.layout), { ...before, moving: { from, to, start: 'an earlier start' } });
    await cluster.converge();
    await it.up(from);
    const after = await convergeTo('redundant');
    expect(after).toMatchObject({ primary: from, standby: to });
  });

  test('there is never a moment with two writable servers', async () => {
    const seen: string[] = [];
    const watch = new AbortController();
    const watching = (async () => {
      while (!watch.signal.aborted) {
        const writable = await Promise.all(
          ['db-1', 'db-2'].map((server) =>
            it
              .sql<{ ro: number }>(server, 'monitor', 'SELECT @@read_only AS ro')
              .then(([row]) => row?.ro === 0)
              .catch(() => false),
          ),
        );
        seen.push(writable.map(Number).join(''));
      }
    })();
    const { primary } = await roles();
    await cluster.promoteStandby();
    await it.up(primary);
    await convergeTo('redundant');
    watch.abort();
    await watching;
    expect((await roles()).primary).toBe(other(primary));
    expect(seen).not.toContain('11');
    expect(new Set(seen)).toContain(primary === 'db-1' ? '10' : '01');
  });

  /** Inserts numbers one by one until the server is gone. @returns those whose commit was acknowledged */
  async function writeUntilLost(server: string, writer: number): Promise<number[]> {
    const acknowledged: number[] = [];
    const connection: SqlConnection = await it.site.databases.connect(server, 'dev');
    try {
      for (let i = 0; i < 1_000_000; i++) {
        const n = writer * 1_000_000 + i;
        await connection.query('INSERT INTO notes (n) VALUES (?)', [n]);
        acknowledged.push(n);
      }
    } catch {
      // The primary was fenced.
    }
    await connection.end();
    return acknowledged;
  }
});
