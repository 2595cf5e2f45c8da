import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { allProcesses, commandLine, readProcess } from '../../../src/process/table.js';
import { waitUntil } from '../../../src/process/wait.js';
import { capturePosition } from '../../../src/replication/capture.js';
import { roundsOf } from './rounds.js';
import { allServers, makeSite, type RunningSite } from './running-site.js';

describe('a replica that is no longer what it should be', () => {
  let it: RunningSite;
  const status = (replica: string) => it.site.gate.status(replica);
  const dataDir = (id: string) => join(paths.databases(it.layout), id, 'data');
  const rebuild = (replica: string, from: string, signal?: AbortSignal) =>
    it.site.rebuild(replica, from, it.processes, signal);

  beforeAll(async () => {
    it = await makeSite(7);
    await it.site.prepare();
    await it.start(...allServers);
    const rounds = roundsOf(it);
    await rounds.to('redundant');
    await rounds.cluster.end();
    await it.sql('db-1', 'dev', 'CREATE TABLE notes (id BIGINT PRIMARY KEY, t TEXT)');
    await it.sql('db-1', 'dev', "INSERT INTO notes VALUES (1, 'one')");
    await it.site.gate.advance('replica-1', await capturePosition(it.site));
    // replica-2 has run ahead, and was written to.
    await it.sql('db-1', 'dev', "INSERT INTO notes VALUES (2, 'two')");
    await it.site.gate.advance('replica-2', await capturePosition(it.site));
    await it.sql('replica-2', 'operator', 'SET GLOBAL read_only = 0');
    await it.sql('replica-2', 'dev', "INSERT INTO notes VALUES (3, 'errant')");
  });
  afterAll(() => it.remove());

  test('is rebuilt from the other one, which keeps serving, and can go on from there', async () => {
    const { position } = await status('replica-1');
    const start = it.processes.startIdentity('replica-1');
    await rebuild('replica-2', 'replica-1');
    expect(await status('replica-2')).toEqual({ gate: 'closed', position, errant: undefined, error: undefined });
    expect(await it.sql('replica-2', 'prod', 'SELECT id FROM notes')).toEqual([{ id: 1 }]);
    expect(it.processes.startIdentity('replica-1')).toBe(start);
    expect(existsSync(`${dataDir('replica-2')}.old`)).toBe(false);
    const [row] = await it.sql('replica-2', 'monitor', 'SELECT @@read_only AS readOnly, @@server_id AS id');
    expect(row).toEqual({ readOnly: 1, id: 12 });

    await it.site.gate.advance('replica-2', await capturePosition(it.site));
    expect(await it.sql('replica-2', 'prod', 'SELECT COUNT(*) AS n FROM notes')).toEqual([{ n: 2 }]);
  });

  test('stays as it is when the copy is stopped, or when its source is not gated', async () => {
    const before = await status('replica-2');
    const start = it.processes.startIdentity('replica-2');
    await expect(rebuild('replica-2', 'replica-1', AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    await it.site.gate.open('replica-1');
    await expect(rebuild('replica-2', 'replica-1')).rejects.toMatchObject({ code: 'rebuild-failed' });
    await it.site.gate.close('replica-1');
    await expect(rebuild('replica-1', 'replica-1')).rejects.toMatchObject({ code: 'rebuild-failed' });
    await expect(rebuild('db-2', 'replica-1')).rejects.toMatchObject({ code: 'rebuild-failed' });
    expect(await status('replica-2')).toEqual(before);
    expect(it.processes.startIdentity('replica-2')).toBe(start);
    const names = await readdir(dirname(dataDir('replica-2')));
    expect(names.filter((name) => name.includes('.making'))).toEqual([]);
  });

  test('is not made of two copies at once: who goes on copying for somebody who was killed writes elsewhere', async () => {
    const before = await status('replica-2');
    const target = `--target-dir=${dataDir('replica-2')}.`;
    const copying = () =>
      allProcesses()
        .map(({ pid }) => ({ pid, words: commandLine(pid).split('\0') }))
        .map(({ pid, words }) => ({ pid, words, to: words.find((word) => word.startsWith(target)) }))
        .filter(({ words, to }) => to !== undefined && words.includes('--backup'));
    const next = (known: readonly number[]) =>
      waitUntil(() => copying().find(({ pid }) => !known.includes(pid)), {
        what: 'a copy to begin',
        deadlineMs: 20_000,
        everyMs: 5,
      });
    /** A copy takes half a second: on a busy machine it may be over before it is seen. */
    const stopped = async () => {
      for (;;) {
        const made = rebuild('replica-2', 'replica-1').catch((error) => error);
        const seen = await Promise.race([next([]), made.then(() => undefined)]);
        if (seen && readProcess(seen.pid)?.running) {
          process.kill(seen.pid, 'SIGSTOP');
          const entry = () => readProcess(seen.pid);
          await waitUntil(() => !entry()?.running || entry()?.stopped, { what: 'it to stop', deadlineMs: 5_000 });
          if (entry()?.stopped) return { made, one: seen };
        }
        await made;
      }
    };
    const { made: first, one } = await stopped();
    const second = rebuild('replica-2', 'replica-1');
    const other = await next([one.pid]);
    expect(other.to).not.toBe(one.to);
    await second;
    process.kill(one.pid, 'SIGKILL');
    expect(await first).toMatchObject({ code: 'rebuild-failed' });
    expect(await status('replica-2')).toEqual(before);
  });

  test('gets its old data back after a crash between the two renames', async () => {
    const before = await status('replica-2');
    await it.processes.kill('replica-2');
    await rename(dataDir('replica-2'), `${dataDir('replica-2')}.old`);
    await it.site.prepare();
    await it.start('replica-2');
    expect(await status('replica-2')).toEqual(before);
  });
});
