import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../src/process/wait.js';
import { whileFrozen } from '../../../src/promotion/freeze.js';
import type { TestPlatform } from '../../helpers/platform.js';
import { edit, startPhpSite } from './php-site.js';

const built = pathToFileURL(join(import.meta.dirname, '../../../dist/')).href;
/** A process that holds the site of a layout, says so, and never comes to an end by itself. */
const freezer = `
import { localPlatform } from '${built}local/local-platform.js';
import { whileFrozen } from '${built}promotion/freeze.js';
const platform = await localPlatform(JSON.parse(process.argv[1]));
await whileFrozen(platform, new AbortController().signal, async () => {
  process.stdout.write('frozen');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});`;

describe('holding dev', () => {
  let site: TestPlatform;
  beforeAll(async () => {
    site = await startPhpSite();
    await edit(site, 1);
  });
  afterAll(() => site?.destroy());
  const { signal } = new AbortController();

  /** As an author gets it: through the balancer. */
  function askDev(): Promise<number> {
    const { host, hostname, port } = new URL(site.up.urls.dev);
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, servername: hostname, ca: site.authority, agent: false as const };
      request({ ...options, path: '/', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  }

  /** One that does not wait for long. @returns whether it was written */
  async function write(): Promise<boolean> {
    const { database } = site.platform;
    if (!database) throw new Error('The site has no database.');
    const { primary } = await database.databases.topology();
    const connection = await database.databases.connect(primary, 'dev');
    try {
      await connection.query('SET SESSION lock_wait_timeout = 1');
      await connection.query("UPDATE notes SET text = CONCAT(text, 'x')");
      return true;
    } catch {
      return false;
    } finally {
      await connection.end();
    }
  }
  const isFree = async () => (await askDev()) === 200 && (await write());
  const soon = { what: 'dev to be free again', deadlineMs: 30_000 };

  it('keeps requests and writes away while it works, lets them read, and no longer', async () => {
    await whileFrozen(site.platform, signal, async () => {
      expect(await askDev()).toBe(503);
      expect(await write()).toBe(false);
    });
    await waitUntil(isFree, soon);
  });

  it('ends when its time is up, though the work goes on', async () => {
    const forever = (inTime: AbortSignal) =>
      new Promise<never>((_, reject) => {
        inTime.addEventListener('abort', () => reject(inTime.reason));
      });
    await expect(whileFrozen(site.platform, signal, forever, 2_000)).rejects.toMatchObject({ code: 'freeze-lost' });
    await waitUntil(isFree, soon);
  });

  it('ends when the process that asked for it is killed', async () => {
    const child: ChildProcess = spawn(
      process.execPath,
      ['--input-type=module', '-e', freezer, JSON.stringify(site.layout)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    if (child.stdout) await once(child.stdout, 'data');
    expect(await askDev()).toBe(503);
    child.kill('SIGKILL');
    await waitUntil(isFree, soon);
  });

  it('is what --freeze does, and leaves nothing behind', async () => {
    const promoted = await site.cli(['promote', '--freeze', '--yes', '--json']);
    expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0 });
    expect(await isFree()).toBe(true);
    const { exitCode, stdout } = await site.cli(['status', '--json']);
    expect(exitCode).toBe(0);
    const { instances } = JSON.parse(stdout).environments.dev;
    expect(instances.map(({ state }: { state: string }) => state)).toEqual(['healthy', 'healthy']);
  });
});
