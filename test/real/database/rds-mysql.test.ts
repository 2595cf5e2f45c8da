import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inSnapshot } from '../../../src/content/snapshot.js';
import { Secret } from '../../../src/output/secret.js';
import type { Databases, ReplicationGate, SqlConnection } from '../../../src/platform/databases.js';
import { sequenceOf } from '../../../src/platform/position.js';
import { killDaemon, startDaemon } from '../../../src/process/daemon.js';
import type { ProcessRef } from '../../../src/process/identity.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { capturePosition } from '../../../src/replication/capture.js';
import { replicationGate } from '../../../src/replication/gate.js';
import { rdsMysql } from '../../../src/replication/rds-mysql.js';
import { connect } from '../../../src/sql/connect.js';
import { account } from './running-site.js';

/** A mysqld ≥ 8.4, as RDS has it. Debian has none. */
const mysqld = process.env.MYSQLD;
if (!mysqld) process.stdout.write('SKIPPED: no MYSQLD\n');

const hosts: Readonly<Record<string, string>> = { source: '127.13.7.1', replica: '127.13.7.2' };

/** What AWS documents: an error where there is nothing to do, and a wait for the outcome. */
const running = `SELECT COUNT(*) INTO @on FROM performance_schema.replication_connection_status c
  JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)
  WHERE c.SERVICE_STATE <> 'OFF' OR a.SERVICE_STATE <> 'OFF'`;
const raise = (text: string) => `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${text}'`;
const procedures = [
  `CREATE PROCEDURE mysql.rds_start_replication() BEGIN ${running}; IF @on > 0 THEN ${raise('Already running')}; END IF;
    START REPLICA; DO SLEEP(3); END`,
  `CREATE PROCEDURE mysql.rds_stop_replication() BEGIN ${running}; IF @on = 0 THEN ${raise('Already stopped')}; END IF;
    STOP REPLICA; DO SLEEP(3); END`,
  `CREATE PROCEDURE mysql.rds_start_replication_until_gtid(gtid VARCHAR(1024)) BEGIN ${running};
    IF @on > 0 THEN ${raise('Already running')}; END IF;
    SET @sql = CONCAT('START REPLICA UNTIL SQL_AFTER_GTIDS = ', QUOTE(gtid));
    PREPARE until_gtid FROM @sql; EXECUTE until_gtid; DEALLOCATE PREPARE until_gtid; DO SLEEP(3); END`,
];

describe.skipIf(!mysqld)('the gate of RDS for MySQL, on MySQL with its procedures', { timeout: 180_000 }, () => {
  let folder: string;
  let gate: ReplicationGate;
  let databases: Databases;
  const processes: ProcessRef[] = [];
  const open = (server: string): Promise<SqlConnection> =>
    connect({ host: hosts[server] ?? '', port: 3306, user: 'test', password: new Secret('x') });
  const on = async <Row extends object>(server: string, sql: string): Promise<Row[]> => {
    const connection = await open(server);
    try {
      return await connection.query<Row>(sql, [], 30_000);
    } finally {
      await connection.end();
    }
  };

  async function startServer(name: string, id: number): Promise<void> {
    const data = join(folder, name);
    const program = mysqld ?? '';
    await run(program, ['--no-defaults', '--initialize-insecure', `--datadir=${data}`], { as: account });
    const init = join(folder, `${name}.sql`);
    const grants = "CREATE USER IF NOT EXISTS test@'%' IDENTIFIED BY 'x';\nGRANT ALL ON *.* TO test@'%';\n";
    await writeFile(init, `SET sql_log_bin = 0;\n${grants}`, { mode: 0o644 });
    const args = [
      ...['--no-defaults', `--datadir=${data}`, `--bind-address=${hosts[name]}`, `--socket=${folder}/${name}.s`],
      ...[`--server-id=${id}`, '--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--replica-parallel-workers=1'],
      ...['--skip-replica-start', '--mysqlx=OFF', '--log-bin=bin', `--init-file=${init}`],
    ];
    processes.push(await startDaemon({ program, args, logFile: join(folder, `${name}.log`), as: account }));
    await waitUntil(() => on(name, 'SELECT 1').catch(() => undefined), { what: name, deadlineMs: 90_000 });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-rds-'));
    await chmod(folder, 0o777);
    await startServer('source', 1);
    await startServer('replica', 2);
    const replica = await open('replica');
    await replica.query('SET sql_log_bin = 0');
    for (const procedure of procedures) await replica.query(procedure);
    await replica.query(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${hosts.source}', SOURCE_USER = 'test', SOURCE_PASSWORD = 'x',
         SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
    );
    await replica.query('SET GLOBAL super_read_only = 1');
    await replica.end();
    databases = {
      connect: open,
      topology: async () => ({ state: 'solo', primary: 'source', standby: undefined, replicas: ['replica'] }),
    };
    const source = async () => ({ host: '', port: 0, user: '', password: new Secret('') });
    gate = replicationGate({ databases, dialect: rdsMysql, source });
    await on('source', 'CREATE DATABASE site');
    await on('source', 'CREATE TABLE site.notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT)');
  });
  afterAll(async () => {
    for (const process of processes) await killDaemon(process);
    await rm(folder, { recursive: true, force: true });
  });

  const write = (n: number) => on('source', `INSERT INTO site.notes (n) VALUES (${n})`);
  const capture = () => capturePosition({ databases, positions: rdsMysql });

  test('is closed on a replica that stands still, and may be closed again', async () => {
    expect(await gate.status('replica')).toMatchObject({ gate: 'closed', errant: undefined });
    await gate.close('replica');
  });

  test('an advance stops exactly at a set while the source goes on, twice in a row', async () => {
    for (let turn = 0; turn < 2; turn++) {
      await write(turn);
      const at = await capture();
      await write(100 + turn);
      await gate.advance('replica', at);
      expect(await gate.status('replica')).toMatchObject({ gate: 'closed', position: at });
    }
  });

  test('an open gate follows, and keeps its position when it is closed', async () => {
    await gate.open('replica');
    await gate.open('replica');
    await write(200);
    const at = await capture();
    await waitUntil(async () => (await gate.status('replica')).position === at, { what: at, deadlineMs: 20_000 });
    await gate.close('replica');
    await write(201);
    expect(await gate.status('replica')).toMatchObject({ gate: 'closed', position: at });
  });

  test('a snapshot is told to stand where it stands, while others commit', async () => {
    const reader = await open('source');
    const writing = new AbortController();
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      const connection = await open('source');
      while (!writing.signal.aborted) await connection.query(`INSERT INTO site.notes (n) VALUES (${1_000 + writer})`);
      await connection.end();
    });
    let told = 0;
    for (let round = 0; round < 100; round++) {
      const [row] = await inSnapshot(reader, async () => {
        const at = await rdsMysql.snapshotAt(reader);
        if (at === undefined) return [];
        told += 1;
        // Everything since the schema and its table were made is one row each.
        const rows = await reader.query<{ rows: number }>('SELECT COUNT(*) AS `rows` FROM site.notes');
        return rows.map(({ rows: count }) => ({ count, transactions: sequenceOf(at) }));
      });
      if (row) expect(row.transactions - row.count).toBe(2);
    }
    writing.abort();
    await Promise.all(writers);
    await reader.end();
    expect(told).toBeGreaterThan(0);
  });

  test('what was written to the replica itself is told as errant', async () => {
    await on('replica', 'SET GLOBAL super_read_only = 0');
    await on('replica', 'INSERT INTO site.notes (n) VALUES (999)');
    expect((await gate.status('replica')).errant).toMatch(/^[0-9a-f-]{36}:1$/);
  });
});
