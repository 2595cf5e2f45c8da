import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cluster } from '../../../src/local/database/cluster.js';
import { silent } from '../../../src/output/messages.js';
import { type Position, sequenceOf, toPosition } from '../../../src/platform/position.js';
import { waitUntil } from '../../../src/process/wait.js';
import { captureContent, contentOf } from '../../../src/promotion/table-checksums.js';
import { capturePosition } from '../../../src/replication/capture.js';
import {
  canServeFrom,
  errantTransactions,
  foreignTables,
  tablesWithoutPrimaryKey,
} from '../../../src/replication/inspect.js';
import { mariadb } from '../../../src/replication/mariadb.js';
import { gateContract } from '../../helpers/contracts/gate.js';
import { roundsOf } from './rounds.js';
import { makeSite, type RunningSite } from './running-site.js';

describe('the gate', () => {
  let it: RunningSite;
  let cluster: Cluster;

  const status = (replica: string) => it.site.gate.status(replica);
  const capture = () => capturePosition(it.site);
  const write = (n: number) => it.sql('db-1', 'dev', 'INSERT INTO notes (n) VALUES (?)', [n]);
  const farBeyond = (at: Position) => toPosition(`0-1-${sequenceOf(at) + 1_000_000}`);
  const insertsOf = async (from: number, count: number) => {
    const connection = await it.site.databases.connect('db-1', 'dev');
    for (let n = from; n < from + count; n++) await connection.query('INSERT INTO notes (n) VALUES (?)', [n]);
    await connection.end();
  };

  beforeAll(async () => {
    it = await makeSite(5);
    await it.site.prepare();
    await it.start('db-1', 'db-2', 'replica-1', 'replica-2');
    const rounds = roundsOf(it);
    cluster = rounds.cluster;
    await rounds.to('redundant');
    await it.sql('db-1', 'dev', 'CREATE TABLE notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, n BIGINT)');
    await write(0);
  });
  beforeEach(() => it.site.gate.close('replica-1'));
  afterAll(async () => {
    await cluster?.end();
    await it.remove();
  });

  test('is closed on a new replica, which stands at the empty position', async () => {
    expect(await status('replica-2')).toEqual({ gate: 'closed', position: '', errant: undefined, error: undefined });
  });

  gateContract('MariaDB on this machine', () => ({
    ...it.site,
    write,
    beyond: farBeyond,
  }));

  test.each([
    ['of a server that never was primary', (at: Position) => toPosition(`0-9-${sequenceOf(at)}`)],
    ['of another domain', (at: Position) => toPosition(`7-1-${sequenceOf(at)}`)],
  ])('a position %s is refused', async (_, make) => {
    const before = await status('replica-1');
    await write(2);
    await expect(it.site.gate.advance('replica-1', make(await capture()))).rejects.toMatchObject({
      code: 'position-unknown',
    });
    expect(await status('replica-1')).toEqual(before);
  });

  test('what dev held at exactly the captured position is known, however fast dev goes on', async () => {
    const going = new AbortController();
    const writing = (async () => {
      for (let n = 50_000; !going.signal.aborted; n++) await write(n);
    })();
    try {
      for (let turn = 0; turn < 3; turn++) {
        const work = { report: silent, signal: going.signal };
        const { position, source } = await captureContent(it.site, work);
        await it.site.gate.advance('replica-1', position);
        const replica = await contentOf(it.site.databases, 'replica-1', going.signal);
        expect(source).toMatchObject({ server: 'db-1', tables: [{ name: 'notes' }] });
        expect(replica.tables).toEqual(source?.tables);
      }
    } finally {
      going.abort();
      await writing;
    }
  });

  test('nothing opens a closed gate by accident', async () => {
    await expect(it.sql('replica-1', 'operator', 'START SLAVE')).rejects.toMatchObject({ errno: 1200 });
  });

  test('a replica that was rebooted stays gated', async () => {
    const { position } = await status('replica-1');
    await write(5);
    await it.processes.kill('replica-1');
    await it.start('replica-1');
    expect(await status('replica-1')).toMatchObject({ gate: 'closed', position });
  });

  test('a replica that was rebooted in the middle of an advance says so, and advances anew', async () => {
    await insertsOf(10, 20);
    const at = await capture();
    // A lock on the table holds the advance in the middle.
    const holder = await it.site.databases.connect('replica-1', 'operator');
    await holder.query('FLUSH TABLES WITH READ LOCK');
    const advancing = it.site.gate.advance('replica-1', at).catch((error) => error.code);
    await waitUntil(async () => (await status('replica-1')).gate === 'advancing', {
      what: 'the advance to begin',
      deadlineMs: 5_000,
      everyMs: 10,
    });
    await it.processes.kill('replica-1');
    expect(await advancing).toBe('database-unreachable');
    await holder.end();
    await it.start('replica-1');
    const rebooted = await status('replica-1');
    expect(rebooted).toMatchObject({ gate: 'broken', error: expect.stringContaining('restarted') });
    expect(sequenceOf(rebooted.position)).toBeLessThan(sequenceOf(at));
    await it.site.gate.advance('replica-1', at);
    expect(await status('replica-1')).toMatchObject({ gate: 'closed', position: at });
  });

  test('an advance that takes too long is stopped, and one that is aborted too; both leave the gate closed', async () => {
    await insertsOf(40, 5);
    const at = await capture();
    const { position } = await status('replica-1');
    const holder = await it.site.databases.connect('replica-1', 'operator');
    await holder.query('FLUSH TABLES WITH READ LOCK');
    const closing = it.site.gate.advance('replica-1', at, { deadlineMs: 300 }).catch((error) => error.code);
    await waitUntil(
      async () => {
        const rows = await it.sql<{ Info: string | null }>('replica-1', 'operator', 'SHOW PROCESSLIST');
        return rows.some(({ Info }) => Info?.startsWith('STOP SLAVE'));
      },
      { what: 'the deadline', deadlineMs: 5_000, everyMs: 20 },
    );
    await holder.query('UNLOCK TABLES');
    await holder.end();
    expect(await closing).toBe('deadline');
    const late = await status('replica-1');
    expect(late.gate).toBe('closed');
    expect(sequenceOf(late.position)).toBeGreaterThanOrEqual(sequenceOf(position));

    await insertsOf(50, 5);
    const abort = new AbortController();
    const aborted = it.site.gate.advance('replica-1', await capture(), {
      signal: abort.signal,
      onPosition: () => abort.abort(new Error('stopped by hand')),
    });
    await expect(aborted).rejects.toThrow('stopped by hand');
    expect((await status('replica-1')).gate).toBe('closed');
  });

  test('a replica that cannot apply is broken, in the words of the server, and the advance fails', async () => {
    // Out of reach of dev's accounts: done here to replica-2 by a change that dev's next one contradicts.
    await it.site.gate.advance('replica-2', await capture());
    await it.sql('replica-2', 'operator', 'SET GLOBAL read_only = 0');
    await it.sql('replica-2', 'dev', 'SET @@session.sql_log_bin = 0').catch(() => undefined);
    await it.sql('replica-2', 'dev', 'DROP TABLE notes');
    await it.sql('replica-2', 'operator', 'SET GLOBAL read_only = 1');
    const errant = (await status('replica-2')).errant;
    expect(errant).toMatch(/^0-12-\d+$/);
    const replica = await it.site.databases.connect('replica-2', 'operator');
    expect(await errantTransactions(replica, mariadb)).toBe(errant);
    await replica.end();
    await write(60);
    await expect(it.site.gate.advance('replica-2', await capture())).rejects.toMatchObject({ code: 'gate-broken' });
    expect((await status('replica-2')).gate).toBe('closed');
    await it.site.gate.open('replica-2');
    const broken = await waitUntil(
      async () => {
        const seen = await status('replica-2');
        return seen.gate === 'broken' ? seen : undefined;
      },
      { what: 'the gate to break', deadlineMs: 5_000 },
    );
    expect(broken.error).toMatch(/0-1-\d+/);
    await it.site.gate.close('replica-2');
    expect((await status('replica-2')).gate).toBe('closed');
  });

  test('storage engines and missing primary keys are found', async () => {
    await it.sql('db-1', 'dev', 'CREATE TABLE old (id INT PRIMARY KEY) ENGINE = MyISAM');
    await it.sql('db-1', 'dev', 'CREATE TABLE loose (id INT)');
    await it.sql('db-1', 'dev', 'CREATE VIEW looking AS SELECT * FROM loose');
    const reader = await it.site.databases.connect('db-1', 'operator');
    expect(await foreignTables(reader, it.site.schema)).toEqual([{ table: 'old', engine: 'MyISAM' }]);
    expect(await tablesWithoutPrimaryKey(reader, it.site.schema)).toEqual(['loose']);
    await reader.end();
  });

  test('purging keeps on both servers what the slowest replica needs, and no more', async () => {
    // Its errant change is nobody's business here: what counts is the position.
    const slowest = await status('replica-1');
    await insertsOf(100, 3);
    await rotate();
    await insertsOf(110, 3);
    await rotate();
    const kept = await it.site.purge();
    for (const { server } of kept) expect(await serves(server, slowest.position)).toBe(true);

    await it.site.gate.advance('replica-1', await capture());
    await it.site.gate.close('replica-2');
    const behind = await status('replica-2');
    // replica-2 cannot advance any more, so its position holds back everything after it.
    await it.site.purge();
    for (const server of ['db-1', 'db-2']) expect(await serves(server, behind.position)).toBe(true);

    await rebuildFromReplica1();
    const now = (await status('replica-1')).position;
    expect((await status('replica-2')).position).toBe(now);
    const purged = await it.site.purge();
    expect(purged.map(({ server }) => server)).toEqual(['db-1', 'db-2']);
    for (const { server, purged: gone } of purged) {
      expect(gone.length).toBeGreaterThan(0);
      expect(await serves(server, now)).toBe(true);
      expect(await serves(server, behind.position)).toBe(false);
    }
  });

  test('a replica whose changes are no longer there is foreseen, and meets error 1236', async () => {
    await it.sql('replica-2', 'operator', "SET GLOBAL gtid_slave_pos = '0-1-1'");
    expect(await serves('db-1', toPosition('0-1-1'))).toBe(false);
    await expect(it.site.gate.advance('replica-2', await capture())).rejects.toMatchObject({ code: 'gate-broken' });
  });

  test('nothing is purged while the position of one server is not known', async () => {
    await insertsOf(200, 3);
    await rotate();
    await it.site.gate.advance('replica-1', await capture());
    await it.processes.kill('replica-2');
    await expect(it.site.purge()).rejects.toMatchObject({ code: 'database-unreachable' });
  });

  const rotate = async () => {
    for (const server of ['db-1', 'db-2']) await it.sql(server, 'operator', 'FLUSH BINARY LOGS');
  };
  const serves = async (server: string, position: Position) => {
    const connection = await it.site.databases.connect(server, 'operator');
    try {
      return await canServeFrom(connection, position, mariadb);
    } finally {
      await connection.end();
    }
  };
  /** As an operator would after an errant change, by hand: position and history of the other replica. */
  const rebuildFromReplica1 = async () => {
    const { position } = await status('replica-1');
    await it.sql('replica-2', 'operator', 'RESET MASTER');
    await it.sql('replica-2', 'operator', 'SET GLOBAL gtid_slave_pos = ?', [position]);
  };
});
