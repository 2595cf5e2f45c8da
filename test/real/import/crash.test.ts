import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { waitUntil } from '../../../src/process/wait.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { makeOldSite, type OldSite } from './old-site.js';

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

describe('an import that is cut off', () => {
  let site: TestPlatform;
  let old: OldSite;
  beforeAll(async () => {
    site = await startPlatform();
    old = await makeOldSite(site, { posts: 20 });
    await php(
      '$wpdb->query("DROP VIEW {$wpdb->prefix}published"); $wpdb->query("DELETE FROM $wpdb->posts WHERE post_title LIKE \'Old %\'"); update_option("blogname", "Before");',
    );
  });
  afterAll(() => site?.destroy());

  const php = (code: string) => site.devPhp(`require 'wp-load.php'; global $wpdb; ${code}`);
  const state = () =>
    php(
      "echo get_option('blogname'), ' ', $wpdb->get_var(\"SELECT COUNT(*) FROM $wpdb->posts WHERE post_title LIKE 'Old %'\");",
    );
  const leftBeside = async () =>
    (await readdir(join(site.layout.stateDir, 'shared'))).filter((name) => /incoming|looked/.test(name));

  /** Starts an import, and sends a signal as soon as its journal says that a step has begun. */
  async function cutOff(step: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = spawn(
      process.execPath,
      [
        program,
        'import',
        '--files',
        old.files,
        '--database',
        old.dump,
        '--yes',
        '--config',
        join(site.dir, 'understudy.config.ts'),
      ],
      { stdio: 'ignore' },
    );
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const imports = paths.imports(site.layout);
    const known = existsSync(imports) ? await readdir(imports) : [];
    await waitUntil(
      async () => {
        const id = existsSync(imports) ? (await readdir(imports)).find((name) => !known.includes(name)) : undefined;
        const text = id ? await readFile(join(imports, id, 'journal.jsonl'), 'utf8').catch(() => '') : '';
        return text.includes(`"doing","step":"${step}"`) || child.exitCode !== null;
      },
      { what: `the step ${step}`, deadlineMs: 90_000, everyMs: 5 },
    );
    child.kill(signal);
    return ended;
  }

  it.each(['files', 'database', 'addresses', 'exchange'])('by Ctrl-C in the step %s is taken back', async (step) => {
    expect(await cutOff(step, 'SIGINT')).toBe(1);
    expect(await state()).toBe('Before 0');
    expect(await leftBeside()).toEqual([]);
  });

  it.each(['files', 'database', 'exchange'])('by kill -9 in the step %s is taken back with --abort', async (step) => {
    await cutOff(step, 'SIGKILL');
    const { exitCode, stderr } = await site.cli(['import', '--abort']);
    expect(exitCode, stderr).toBe(0);
    expect(await state()).toBe('Before 0');
    expect(await leftBeside()).toEqual([]);
    expect(existsSync(join(paths.devRoot(site.layout), '.maintenance'))).toBe(false);
  });

  it('by kill -9 in the exchange keeps everything from reading dev, and nothing from prod, until it is finished', async () => {
    const answer = async (...args: string[]) => {
      const { exitCode, stdout } = await site.cli([...args, '--json']);
      return [exitCode, (JSON.parse(stdout) as { error?: { code: string } }).error?.code] as const;
    };
    await site.writeDevFile('one.txt', '1');
    expect((await answer('promote', '--yes', '--accept-read-only'))[0]).toBe(0);
    await site.writeDevFile('two.txt', '2');
    expect((await answer('promote', '--yes', '--accept-read-only'))[0]).toBe(0);
    await cutOff('exchange', 'SIGKILL');
    for (const command of [
      ['import', '--files', old.files, '--database', old.dump, '--yes'],
      ['promote', '--plan'],
      ['promote', '--yes'],
      ['sync', 'start', '--yes'],
      ['dev', 'restore', '--from', 'edition', '--yes'],
      ['content', 'replace', 'http://one.example', 'http://two.example', '--yes'],
    ]) {
      expect(await answer(...command), command.join(' ')).toEqual([3, 'import-interrupted']);
    }
    expect(await answer('sync', 'stop')).toEqual([3, 'not-following']);
    expect(await answer('rollback', '--yes')).toEqual([0, undefined]);
    const { exitCode, stderr } = await site.cli(['import', '--resume']);
    expect(exitCode, stderr).toBe(0);
    expect(await state()).toMatch(/ 20$/);
    expect((await site.cli(['import', '--resume'])).exitCode).toBe(3);
    expect(await answer('promote', '--plan')).toEqual([0, undefined]);
    // Two promotions, an import and a rollback: a minute on a busy machine.
  }, 300_000);
});
