import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseRole, SqlValue } from '../../../src/platform/databases.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import type { CommandResult, TestPlatform } from '../../helpers/platform.js';
import { edit, seen, startPhpSite } from './php-site.js';

/** Each test goes on where the one before it ended. */
describe("dev's database", () => {
  let site: TestPlatform;
  beforeAll(async () => {
    site = await startPhpSite();
    await sql('CREATE TABLE `odd ``name` (id INT PRIMARY KEY, b BLOB, t TEXT, at DATETIME)');
    await sql(
      "INSERT INTO `odd ``name` VALUES (1, UNHEX('00FF27'), '🎭 \\\\ \\'', '2026-01-01'), (2, NULL, NULL, NULL)",
    );
    await sql('CREATE TABLE parent (id INT PRIMARY KEY)');
    await sql('CREATE TABLE child (id INT PRIMARY KEY, of INT, FOREIGN KEY (of) REFERENCES parent (id))');
    await sql('INSERT INTO parent VALUES (1)');
    await sql('INSERT INTO child VALUES (1, 1)');
    await edit(site, 1);
    await sql('CREATE VIEW looking AS SELECT * FROM notes');
    expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => site?.destroy());

  const json = ({ stdout }: CommandResult) => JSON.parse(stdout);
  const restore = (from: string) => site.cli(['dev', 'restore', '--from', from, '--yes', '--json']);
  const rows = async (server?: string) => ({
    notes: await sql('SELECT * FROM notes ORDER BY id', [], server),
    odd: await sql('SELECT id, HEX(b) AS b, t, at FROM `odd ``name` ORDER BY id', [], server),
    child: await sql('SELECT * FROM child', [], server),
    looking: await sql('SELECT * FROM looking', [], server),
  });
  let promoted: Awaited<ReturnType<typeof rows>>;

  it.each([[['restore']], [['restore', '--from', 'tape']], [['forget']], [[]]])('dev %j ends with 2', async (args) => {
    const wrong = await site.cli(['dev', ...args]);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('--from edition|backup');
  });

  it('is not touched without a yes, nor from a backup that there is not', async () => {
    const unasked = await site.cli(['dev', 'restore', '--from', 'edition', '--json']);
    expect([unasked.exitCode, json(unasked).error.code]).toEqual([3, 'not-confirmed']);
    const refused = await restore('backup');
    expect([refused.exitCode, json(refused).error.code]).toEqual([3, 'no-backup']);
  });

  it('comes back to the edition after a table was dropped, and what was there is kept', async () => {
    promoted = await rows();
    const before = await seen(site);
    await sql('DROP TABLE child');
    await sql("UPDATE notes SET text = 'spoiled'");
    await sql("INSERT INTO notes VALUES (2, 'new')");
    const restored = await restore('edition');
    expect(restored, restored.stderr).toMatchObject({ exitCode: 0 });
    expect(json(restored)).toMatchObject({
      source: { from: 'edition', position: before.edition?.position },
      lost: {
        tables: [
          { name: 'notes', rowsNow: 2, rowsThen: 1 },
          { name: 'child', rowsNow: 0, rowsThen: 1 },
        ],
      },
    });
    expect(await rows()).toEqual(promoted);
    await expect(sql('INSERT INTO child VALUES (9, 9)'), 'the key still refers').rejects.toMatchObject({ errno: 1452 });
    expect(await sql(`SELECT text FROM \`${json(restored).kept}\`.notes ORDER BY id`)).toEqual([
      { text: 'spoiled' },
      { text: 'new' },
    ]);
    expect(await seen(site), 'prod has not moved').toEqual(before);
    await waitUntil(async () => (await rows('db-2')).child.length === 1, { what: 'the standby', deadlineMs: 30_000 });
    expect(await rows('db-2')).toEqual(promoted);
  });

  it('comes back to what the restore has replaced', async () => {
    const restored = await restore('backup');
    expect(restored, restored.stderr).toMatchObject({ exitCode: 0 });
    expect(await sql('SELECT text FROM notes ORDER BY id')).toEqual([{ text: 'spoiled' }, { text: 'new' }]);
    expect(await restore('backup')).toMatchObject({ exitCode: 0 });
    expect(await rows()).toEqual(promoted);
  });

  it('is as it was when a restore was cut off, and the next one comes to its end', async () => {
    await sql("UPDATE notes SET text = 'spoiled again'");
    const cut = new AbortController();
    const cutOff = site.cli(['dev', 'restore', '--from', 'edition', '--yes'], { signal: cut.signal });
    const staged = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'small__restoring'";
    await waitUntil(async () => (await sql(staged)).length > 0, {
      what: 'it to begin',
      deadlineMs: 30_000,
      everyMs: 5,
    });
    cut.abort(new Error('cut off'));
    await expect(cutOff).rejects.toThrow('cut off');
    const [note] = await sql<{ text: string }>('SELECT text FROM notes WHERE id = 1');
    // Cut off so late, it may have come to its end.
    expect(['spoiled again', 'row 1']).toContain(note?.text);
    expect(await restore('edition')).toMatchObject({ exitCode: 0 });
    expect(await rows()).toEqual(promoted);
  });

  it('with triggers is refused, since they would be lost', async () => {
    // Dev's own account may not: only the machine's root can, through the socket.
    const socket = join(site.layout.runtimeDir, 'databases', 'db-1.sock');
    const asRoot = (statement: string) =>
      run('mariadb', ['--no-defaults', `--socket=${socket}`, '--user=root', '-e', statement, 'small']);
    await asRoot('CREATE TRIGGER watching AFTER INSERT ON notes FOR EACH ROW SET @seen = 1');
    const refused = await restore('edition');
    expect([refused.exitCode, json(refused).error.code]).toEqual([3, 'restore-unsupported']);
    await asRoot('DROP TRIGGER watching');
  });

  it('is promoted after a restore as after any other change', async () => {
    await edit(site, 2);
    const done = await site.cli(['promote', '--yes', '--json']);
    expect(done, done.stderr).toMatchObject({ exitCode: 0 });
    expect((await seen(site)).replicas).toMatchObject([{ row: 'row 2' }, { row: 'row 2' }]);
    expect((await site.cli(['certificate', '--verify'])).exitCode).toBe(0);
  });

  async function sql<Row extends object = Record<string, unknown>>(
    statement: string,
    values: readonly SqlValue[] = [],
    server?: string,
    role: DatabaseRole = 'dev',
  ): Promise<Row[]> {
    const { database } = site.platform;
    if (!database) throw new Error('The site has no database.');
    const at = server ?? (await database.databases.topology()).primary;
    const connection = await database.databases.connect(at, role);
    try {
      return await connection.query<Row>(statement, values);
    } finally {
      await connection.end();
    }
  }
});
