import { describe, expect, test } from 'vitest';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { toPosition } from '../../../src/platform/position.js';
import { statusOf } from '../../../src/replication/gate.js';
import { endOf, errantOf, rdsMysql } from '../../../src/replication/rds-mysql.js';
import { SqlError } from '../../../src/sql/errors.js';

const source = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const own = '4e11fa47-71ca-11e1-9e33-c80aa9429562';

/** A replica that does what AWS documents of its procedures, errors included. */
class Replica {
  io = 'No';
  sql = 'No';
  until = 'None';
  workers = 1;
  errors = { Last_IO_Errno: 0, Last_IO_Error: '', Last_SQL_Errno: 0, Last_SQL_Error: '' };
  readonly called: string[] = [];
  /** Somebody else is faster: the procedure finds nothing to do. */
  overtaken = false;

  readonly connection: SqlConnection = {
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      this.#answer(sql, values) as unknown as Row[],
    end: async () => undefined,
  };

  #answer(sql: string, values: readonly unknown[]): readonly object[] {
    if (sql === 'SHOW REPLICA STATUS') return [this.#status()];
    if (sql.includes('server_uuid')) return [{ executed: `${source}:1-5`, own }];
    if (sql.includes('replica_parallel_workers')) return [{ workers: this.workers }];
    if (!sql.startsWith('CALL ')) throw new Error(`Not expected: ${sql}`);
    this.called.push([sql.slice(5), ...values].join(' '));
    const wanted = sql.includes('stop') ? 'No' : 'Yes';
    if (this.overtaken) this.#become(wanted);
    if (this.io === wanted && this.sql === wanted) throw new SqlError('replica', 1644, 'Nothing to do');
    this.#become(wanted);
    this.until = sql.includes('until') ? 'SQL_AFTER_GTIDS' : 'None';
    return [];
  }

  #become(running: string): void {
    this.io = running;
    this.sql = running;
  }

  #status() {
    return {
      Source_Host: 'primary',
      Source_Port: 3306,
      Replica_IO_Running: this.io,
      Replica_SQL_Running: this.sql,
      Until_Condition: this.until,
      Retrieved_Gtid_Set: `${source}:1-7`,
      ...this.errors,
    };
  }
}

describe('RDS for MySQL', () => {
  const gateOf = async (replica: Replica) => statusOf(await rdsMysql.read(replica.connection));

  test.each([
    ['both threads stopped', {}, 'closed'],
    ['both running', { io: 'Yes', sql: 'Yes' }, 'open'],
    ['a source that is away for a moment', { io: 'Connecting', sql: 'Yes' }, 'open'],
    ['one that runs to a transaction', { io: 'Yes', sql: 'Yes', until: 'SQL_AFTER_GTIDS' }, 'advancing'],
    ['one that has reached it and still receives', { io: 'Yes', sql: 'No', until: 'SQL_AFTER_GTIDS' }, 'advancing'],
    ['one that receives and does not apply', { io: 'Yes', sql: 'No' }, 'broken'],
  ])('%s', async (_, state, gate) => {
    expect((await gateOf(Object.assign(new Replica(), state))).gate).toBe(gate);
  });

  test('one that has stopped with an error is broken, in the words of the server, and not closed', async () => {
    const replica = new Replica();
    replica.errors = { ...replica.errors, Last_SQL_Errno: 1062, Last_SQL_Error: 'Duplicate entry' };
    expect(await gateOf(replica)).toMatchObject({ gate: 'broken', error: 'Duplicate entry' });
  });

  test('what runs is not started, and what is stopped not stopped: RDS would raise an error', async () => {
    const replica = new Replica();
    await rdsMysql.detach(replica.connection);
    await rdsMysql.start(replica.connection);
    await rdsMysql.start(replica.connection);
    await rdsMysql.detach(replica.connection);
    expect(replica.called).toEqual(['mysql.rds_start_replication', 'mysql.rds_stop_replication']);
  });

  test('an error because somebody else was faster is none; any other is', async () => {
    const replica = new Replica();
    replica.overtaken = true;
    await rdsMysql.start(replica.connection);
    expect(await gateOf(replica)).toMatchObject({ gate: 'open' });
    const refusing: SqlConnection = {
      ...replica.connection,
      query: async <Row extends object>(sql: string) => {
        if (sql.startsWith('CALL')) throw new SqlError('replica', 1370, 'execute command denied');
        return replica.connection.query<Row>(sql);
      },
    };
    await expect(rdsMysql.detach(refusing)).rejects.toMatchObject({ errno: 1370 });
  });

  test('it is started until the last transaction, after a stop of what still receives', async () => {
    const replica = Object.assign(new Replica(), { io: 'Yes', until: 'SQL_AFTER_GTIDS' });
    await rdsMysql.startUntil(replica.connection, toPosition(`${source}:1-9`));
    expect(replica.called).toEqual([
      'mysql.rds_stop_replication',
      `mysql.rds_start_replication_until_gtid(?) ${source}:9`,
    ]);
    expect(endOf(toPosition(`${source}:1-9,${own}:1`))).toBe(`${source}:1-9,${own}:1`);
  });

  test('with several workers it would not stop exactly, and is not started', async () => {
    const replica = Object.assign(new Replica(), { workers: 4 });
    const starting = rdsMysql.startUntil(replica.connection, toPosition(`${source}:1-9`));
    await expect(starting).rejects.toMatchObject({ code: 'replica-parallel' });
    expect(replica.called).toEqual([]);
  });

  test("transactions under the replica's own name are errant", () => {
    expect(errantOf(`${source}:1-9`, own)).toBeUndefined();
    expect(errantOf(`${source}:1-9,${own}:1-2`, own.toUpperCase())).toBe(`${own}:1-2`);
  });
});
