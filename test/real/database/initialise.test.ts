import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { allServers, makeSite, type RunningSite } from './running-site.js';

describe('the databases of a new site', () => {
  let it: RunningSite;
  const dataDir = (id: string) => join(paths.databases(it.layout), id, 'data');

  beforeAll(async () => {
    it = await makeSite(1);
  });
  afterAll(() => it.remove());

  test('what a crash left half-made is made again', async () => {
    const folder = paths.databases(it.layout);
    // As after a kill: a template that is not finished, and one clone that is not.
    await mkdir(join(folder, 'template.making', 'mysql'), { recursive: true });
    await mkdir(join(folder, 'db-2', 'data.making', 'mysql'), { recursive: true });
    await it.site.prepare();
    await it.start(...allServers);
    expect((await readdir(folder)).sort()).toEqual([...allServers]);
    expect(await readdir(join(folder, 'db-2'))).not.toContain('data.making');
  });

  test('every server starts read-only, at the empty position, with the same accounts and an empty schema', async () => {
    for (const id of allServers) {
      const [row] = await it.sql(
        id,
        'operator',
        'SELECT @@read_only AS readOnly, @@gtid_binlog_pos AS at, @@gtid_slave_pos AS applied, ' +
          '@@character_set_database AS charset, DATABASE() AS name, ' +
          '(SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()) AS tables',
      );
      expect(row).toEqual({ readOnly: 1, at: '', applied: '', charset: 'utf8mb4', name: 'my_site', tables: 0 });
    }
  });

  test('no password is in any file or command line', async () => {
    for (const id of allServers) {
      const [pid] = (await readFile(join(dataDir(id), 'server.pid'), 'utf8')).split('\n');
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      for (const password of Object.values(it.passwords)) expect(commandLine).not.toContain(password.reveal());
    }
    const logs = await Promise.all(allServers.map((id) => readFile(paths.log(it.layout, id), 'utf8')));
    for (const password of Object.values(it.passwords)) expect(logs.join()).not.toContain(password.reveal());
    expect((await stat(dataDir('db-1'))).mode & 0o077).toBe(0);
  });

  test('a second preparation touches nothing', async () => {
    const before = (await stat(join(dataDir('db-1'), 'ibdata1'))).ino;
    await it.site.prepare();
    expect((await stat(join(dataDir('db-1'), 'ibdata1'))).ino).toBe(before);
  });

  test('a data directory that is lost later is not replaced by an empty one', async () => {
    await Promise.all(['db-1', 'replica-2'].map((id) => it.processes.stop(id)));
    await rm(dataDir('replica-2'), { recursive: true });
    // It is to be made a copy of another one.
    expect(await it.site.prepare()).toBeUndefined();
    expect(existsSync(dataDir('replica-2'))).toBe(false);
    // The primary's may be all there is.
    await rename(dataDir('db-1'), `${dataDir('db-1')}.away`);
    await expect(it.site.prepare()).rejects.toMatchObject({ code: 'data-missing' });
    expect(existsSync(dataDir('db-1'))).toBe(false);
    await rename(`${dataDir('db-1')}.away`, dataDir('db-1'));
  });

  test('a record of roles that is lost later is not guessed', async () => {
    const record = paths.databaseRoles(it.layout);
    const content = await readFile(record);
    await rm(record);
    await mkdir(dataDir('replica-2'), { recursive: true });
    await expect(it.site.prepare()).rejects.toMatchObject({ code: 'roles-missing' });
    await writeFile(record, content);
    expect(dirname(record)).toBe(it.layout.stateDir);
  });
});
