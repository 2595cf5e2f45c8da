import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Cluster } from '../../../src/local/database/cluster.js';
import { paths } from '../../../src/local/layout.js';
import { waitUntil } from '../../../src/process/wait.js';
import { mariadb } from '../../../src/replication/mariadb.js';
import { type Rounds, roundsOf, seenWaiting } from './rounds.js';
import { makeSite, type RunningSite } from './running-site.js';

describe('primary and standby', () => {
  let it: RunningSite;
  let rounds: Rounds;
  let cluster: Cluster;

  const begin = () => {
    rounds = roundsOf(it);
    cluster = rounds.cluster;
  };
  const roles = () => rounds.roles();
  const convergeTo: Rounds['to'] = (state) => rounds.to(state);
  const insert = (server: string, id: number) =>
    it.sql(server, 'dev', 'INSERT INTO notes VALUES (?)', [id]).then(() => 'acknowledged' as const);
  const ids = async (server: string) =>
    (await it.sql<{ id: number }>(server, 'operator', 'SELECT id FROM notes ORDER BY id')).map(({ id }) => id);

  /** What was acknowledged is on the standby; it is a moment until one reads it there. */
  const arrives = (server: string, id: number) =>
    waitUntil(async () => (await ids(server)).includes(id), { what: `row ${id} on ${server}`, deadlineMs: 10_000 });

  beforeAll(async () => {
    it = await makeSite(3);
    await it.site.prepare();
    await it.start('db-1', 'db-2', 'replica-1');
    begin();
    await convergeTo('redundant');
    await it.sql('db-1', 'dev', 'CREATE TABLE notes (id INT PRIMARY KEY)');
  });
  beforeEach(() => convergeTo('redundant'));
  afterAll(async () => {
    await cluster?.end();
    await it.remove();
  });

  test('the first start ends redundant: the primary writable, everyone else read-only', async () => {
    const status = await cluster.status();
    expect(status).toMatchObject({ state: 'redundant', primary: 'db-1', standby: 'db-2' });
    expect(status.servers).toMatchObject([
      { id: 'db-1', up: true, readOnly: false },
      { id: 'db-2', up: true, readOnly: true },
      { id: 'replica-1', up: true, readOnly: true },
      { id: 'replica-2', up: false },
    ]);
    expect(rounds.announced).toEqual(['db-1']);
    expect(await roles()).toMatchObject({ standby: { eligible: true, reason: null }, moving: null });
  });

  test('a round that has nothing to do writes nothing down', async () => {
    const { generation } = await roles();
    await cluster.converge();
    await cluster.converge();
    expect((await roles()).generation).toBe(generation);
  });

  test('a commit waits for a killed standby, and goes on once it is recorded as ineligible', async () => {
    await it.processes.kill('db-2');
    let outcome = 'waiting';
    const write = insert('db-1', 1).then((acknowledged) => {
      outcome = acknowledged;
    });
    await seenWaiting(it, 'db-1');
    expect((await roles()).standby.eligible).toBe(true);
    expect(outcome).toBe('waiting');

    await cluster.converge();
    expect((await roles()).standby).toMatchObject({ eligible: false, reason: 'It does not run.' });
    await write;
    expect((await cluster.status()).state).toBe('solo');

    await it.start('db-2');
    await convergeTo('redundant');
    await arrives('db-2', 1);
  });

  test('a commit does not go on while that cannot be recorded', async () => {
    // A name that can be read but not written aside, since that would be too long: what a full disk does.
    const rolesFile = join(it.layout.stateDir, 'r'.repeat(250));
    await copyFile(paths.databaseRoles(it.layout), rolesFile);
    const unable = new Cluster({
      replicas: [],
      rolesFile,
      processes: it.processes,
      dialect: mariadb,
      connect: (id, deadlineMs) => it.site.databases.connect(id, 'operator', deadlineMs),
      sourceAt: (id) => ({
        host: it.hosts.database[id]?.address ?? '',
        port: 3306,
        user: 'replication',
        password: it.passwords.replication,
      }),
      configure: async () => undefined,
      announcePrimary: async () => undefined,
      lookAtData: async () => ({ freeBytes: undefined, dataLost: false }),
      rebuildStandby: async () => undefined,
      tell: () => undefined,
    });
    await it.processes.kill('db-2');
    let outcome = 'waiting';
    const write = insert('db-1', 2).then((acknowledged) => {
      outcome = acknowledged;
    });
    await seenWaiting(it, 'db-1');
    await expect(unable.converge()).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    await seenWaiting(it, 'db-1');
    expect(outcome).toBe('waiting');
    await unable.end();
    await cluster.converge();
    await write;
    await it.start('db-2');
  });

  test('a standby that hangs holds up a commit for about a second at most', async () => {
    it.processes.signal('db-2', 'SIGSTOP');
    const started = performance.now();
    const write = insert('db-1', 3);
    await seenWaiting(it, 'db-1');
    await cluster.converge();
    await write;
    const stalledMs = Math.round(performance.now() - started);
    expect((await roles()).standby).toMatchObject({ eligible: false, reason: 'It does not answer.' });
    expect(stalledMs).toBeLessThan(5_000);
    it.processes.signal('db-2', 'SIGCONT');
    await convergeTo('redundant');
    await arrives('db-2', 3);
  });

  test('a standby that was restarted is eligible only after it has caught up', async () => {
    const before = await roles();
    await it.processes.kill('db-2');
    await it.start('db-2');
    await cluster.converge();
    const { standby } = await roles();
    expect(standby.start === before.standby.start).toBe(false);
    await convergeTo('redundant');
    const after = await roles();
    expect(after.standby.start).toBe(it.processes.startIdentity('db-2'));
    expect(after.generation).toBeGreaterThan(before.generation + 1);
  });

  test('a primary that is started again before anybody has looked stays primary, and waits for its standby', async () => {
    await it.processes.kill('db-1');
    await it.start('db-1');
    const [row] = await it.sql('db-1', 'monitor', 'SELECT @@read_only AS readOnly');
    expect(row).toEqual({ readOnly: 1 });
    await cluster.converge();
    expect(await roles()).toMatchObject({
      primary: 'db-1',
      standby: { eligible: true },
      writable: { server: 'db-1', start: it.processes.startIdentity('db-1') },
    });
    const [state] = await it.sql(
      'db-1',
      'monitor',
      'SELECT @@read_only AS readOnly, @@rpl_semi_sync_master_enabled AS waits',
    );
    expect(state).toEqual({ readOnly: 0, waits: 1 });
    await insert('db-1', 4);
    await convergeTo('redundant');
    await arrives('db-2', 4);
  });

  test('a primary that is killed while nobody can take over comes back in place', async () => {
    await it.processes.kill('db-2');
    await convergeTo('solo');
    await insert('db-1', 6);
    await it.processes.kill('db-1');
    expect(await cluster.converge()).toMatchObject({ state: 'down', problem: 'The primary db-1 does not run.' });
    await it.start('db-1', 'db-2');
    expect((await convergeTo('redundant')).primary).toBe('db-1');
    expect(rounds.events.some(({ kind }) => kind === 'failover-begun')).toBe(false);
    await arrives('db-2', 6);
  });

  test('a control plane that starts anew finds everything as it is', async () => {
    const { generation } = await roles();
    await cluster.end();
    begin();
    expect((await cluster.converge()).state).toBe('redundant');
    expect((await roles()).generation).toBe(generation);
    expect(rounds.announced).toEqual(['db-1']);
  });

  test('a standby that somebody made writable is made read-only before anything else', async () => {
    await it.sql('db-2', 'operator', 'SET GLOBAL read_only = 0');
    await it.sql('replica-1', 'operator', 'SET GLOBAL read_only = 0');
    await waitUntil(
      async () => {
        await cluster.converge();
        const { servers } = await cluster.status();
        return (
          servers
            .filter(({ readOnly }) => readOnly === false)
            .map(({ id }) => id)
            .join() === 'db-1'
        );
      },
      { what: 'db-1 to be the only writable server', deadlineMs: 4_000 },
    );
    expect((await cluster.converge()).problem).toBeUndefined();
  });

  test('everything restarted at once comes back with the same roles and no write lost', async () => {
    await insert('db-1', 5);
    await Promise.all([it.processes.stop('db-1'), it.processes.stop('db-2')]);
    await it.start('db-1', 'db-2');
    const status = await convergeTo('redundant');
    expect(status.primary).toBe('db-1');
    expect(await ids('db-1')).toEqual(await ids('db-2'));
    expect(await ids('db-1')).toContain(5);
  });
});
