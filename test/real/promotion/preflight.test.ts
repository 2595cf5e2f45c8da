import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { refuseUnfitDatabase } from '../../../src/promotion/database-checks.js';
import { lockHolder } from '../../../src/state/lock.js';
import type { TestPlatform } from '../../helpers/platform.js';
import { edit, seen, startPhpSite } from './php-site.js';

/**
 * What replication itself does not show, or only when it is too late. The control plane mends most of it by itself, so
 * it is held while a promotion's preflight looks; then it goes on.
 */
describe('a replica that cannot be promoted to', () => {
  let site: TestPlatform;
  let number = 1;
  beforeAll(async () => {
    site = await startPhpSite();
    await edit(site, number);
    expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => site?.destroy());

  /** As the machine's root, through the socket: nobody else may do such things. */
  const asRoot = (server: string, sql: string) => {
    const socket = join(site.layout.runtimeDir, 'databases', `${server}.sock`);
    return run('mariadb', ['--no-defaults', `--socket=${socket}`, '--user=root', '-e', sql, 'small']);
  };
  const purge = async (server: string) => {
    await asRoot(server, 'FLUSH BINARY LOGS');
    const logs = async () => (await asRoot(server, 'SHOW BINARY LOGS')).stdout.trim().split('\n').slice(1);
    const newest = (await logs()).at(-1)?.split('\t')[0];
    // One that is still being sent to somebody is kept, without an error.
    const isGone = async () => {
      await asRoot(server, `PURGE BINARY LOGS TO '${newest}'`);
      return (await logs()).length === 1;
    };
    await waitUntil(isGone, { what: `${server} to have one log`, deadlineMs: 30_000 });
  };

  it.each([
    [
      'it has a transaction of its own',
      'errant-transactions',
      /replica-2 has transactions that dev does not have/,
      async () => {
        await asRoot('replica-2', "REPLACE INTO notes (id, text) VALUES (7, 'mine')");
        await edit(site, ++number);
      },
    ],
    [
      'dev has no binary logs from where it stands',
      'binlogs-gone',
      /replica-2 stands at 0-1-1, and db-\d has no binary logs from there on/,
      async () => {
        await asRoot('replica-2', "RESET MASTER; SET GLOBAL gtid_slave_pos = '0-1-1'");
        await purge('db-1');
        await edit(site, ++number);
      },
    ],
    [
      'its threads have broken, in the words of the server',
      'gate-not-closed',
      /replica-2 has its gate broken \(.*notes/,
      async () => {
        await asRoot('replica-2', 'SET sql_log_bin = 0; DROP TABLE notes');
        await site.platform.database?.gate.open('replica-2');
        await edit(site, ++number);
        const state = async () => (await site.platform.database?.gate.status('replica-2'))?.gate;
        await expect.poll(state, { timeout: 10_000 }).toBe('broken');
      },
    ],
  ] as const)('because %s is refused, prod serves on, and a rebuild mends it', async (_, code, message, spoil) => {
    const { edition } = await seen(site);
    const { database } = site.platform;
    if (!database) throw new Error('The site has no database.');
    const controlPlane = (await lockHolder(paths.controlLock(site.layout)))?.process.pid ?? 0;
    process.kill(controlPlane, 'SIGSTOP');
    try {
      await spoil();
      await expect(refuseUnfitDatabase(database, edition)).rejects.toMatchObject({
        kind: 'refused',
        code,
        message: expect.stringMatching(message),
        remedy: expect.stringContaining('understudy replica rebuild replica-2'),
      });
      expect(await site.fetchProd('/')).toMatchObject({ status: 200, body: `code ${number - 1}` });
    } finally {
      process.kill(controlPlane, 'SIGCONT');
    }
    // By itself or by this command, whoever is faster; who comes second is refused, or copies once more.
    await site.cli(['replica', 'rebuild', 'replica-2', '--yes']);
    const isWell = async () => {
      const now = await seen(site).catch(() => undefined);
      const replica = now?.replicas[1];
      const isBack = replica?.gate === 'closed' && replica.position === edition?.position && !replica.errant;
      return isBack && (await lockHolder(paths.promotionLock(site.layout))) === undefined;
    };
    await waitUntil(isWell, { what: 'replica-2 to be well', deadlineMs: 60_000, everyMs: 250 });
    const promoted = await site.cli(['promote', '--yes']);
    expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0 });
    expect(await site.fetchProd('/')).toMatchObject({ status: 200, body: `code ${number}` });
  });
});
