import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../src/process/run.js';
import { configFor, devUrl, prodUrl, renderConfig, salts, writeEdition } from './document-root.js';
import { makeFolder } from './stage.js';

const folder = makeFolder();
afterAll(() => folder.remove());

const odd = {
  SINGLE_QUOTES: "it's '''",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is PHP that must not take it for a variable
  DOUBLE_QUOTES: 'a "b" ${c} $d {$e}',
  CLOSING_TAG: '?> <?php exit;',
  BACKSLASHES: "a\\ \\\\ \\' end\\",
  NEWLINES: 'a\nb\r\nc\td',
  HEREDOC: 'PHP;\nPHP',
  UTF8: 'Größe 日本語 \u{1f600}',
  NUL: 'a\0b',
  NUMBER: 512,
  FRACTION: 0.25,
  YES: true,
  NO: false,
  NOTHING: null,
  LIST: ['a', { b: "c'" }],
};

/** What WordPress would see: the rendered file is run with a wp-settings.php that reports. */
async function evaluate(config: string, report: string, server: Record<string, string> = {}): Promise<unknown> {
  const path = join(folder.path, 'root');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'wp-config.php'), config);
  writeFileSync(join(path, 'wp-settings.php'), `<?php echo json_encode(${report}, JSON_THROW_ON_ERROR);`);
  const code = '$_SERVER = json_decode($argv[1], true) + $_SERVER; require "wp-config.php";';
  const { stdout, stderr } = await run('php8.2', ['-d', 'display_errors=stderr', '-r', code, JSON.stringify(server)], {
    cwd: path,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const userConstants = "get_defined_constants(true)['user']";

describe('render-config', () => {
  test('constants, options and passwords of any content survive unchanged', async () => {
    const config = {
      ...configFor('dev', '127.9.0.1:3306'),
      database: { host: '127.9.0.1:3306', name: "w'p", user: 'u\\', password: '\'"?>$x\n' },
      constants: odd,
      options: { odd },
    };
    expect(await evaluate(await renderConfig(config), userConstants)).toMatchObject({
      ...odd,
      ...salts,
      DB_NAME: "w'p",
      DB_USER: 'u\\',
      DB_PASSWORD: '\'"?>$x\n',
      DB_HOST: '127.9.0.1:3306',
      UNDERSTUDY_OPTIONS: { odd, blog_public: 0 },
      WP_HOME: devUrl,
      WP_ENVIRONMENT_TYPE: 'development',
      AUTOMATIC_UPDATER_DISABLED: true,
      DISABLE_WP_CRON: true,
    });
  });

  test('dev can have its own debugging, updates and visibility', async () => {
    const config = {
      ...configFor('dev', 'db'),
      constants: { WP_DEBUG: true, AUTOMATIC_UPDATER_DISABLED: false },
      options: { blog_public: 1 },
    };
    expect(await evaluate(await renderConfig(config), userConstants)).toMatchObject({
      WP_DEBUG: true,
      AUTOMATIC_UPDATER_DISABLED: false,
      UNDERSTUDY_OPTIONS: { blog_public: 1 },
    });
  });

  test('prod edits no files and shows no errors', async () => {
    expect(await evaluate(await renderConfig(configFor('prod', 'db')), userConstants)).toMatchObject({
      WP_ENVIRONMENT_TYPE: 'production',
      DISALLOW_FILE_EDIT: true,
      DISALLOW_FILE_MODS: true,
      WP_DEBUG: false,
      UNDERSTUDY_OTHER_URLS: [devUrl],
    });
  });

  test.each([
    ['https behind a balancer that says so', prodUrl, { HTTP_X_FORWARDED_PROTO: 'https' }, 'on', 'demo.localhost:8443'],
    ['https where the header was lost', prodUrl, {}, 'on', 'demo.localhost:8443'],
    ['https asked for under another name', prodUrl, { HTTP_HOST: '127.9.1.1' }, 'on', 'demo.localhost:8443'],
    ['http, whatever a header claims', 'http://demo.localhost', { HTTPS: 'on' }, null, 'demo.localhost'],
  ])('%s: scheme and host are those of the site', async (_, url, server, https, host) => {
    const config = await renderConfig({ ...configFor('prod', 'db'), url });
    const seen = await evaluate(config, "[$_SERVER['HTTPS'] ?? null, $_SERVER['HTTP_HOST']]", server);
    expect(seen).toEqual([https, host]);
  });

  test.each([
    ['a database constant', { constants: { DB_HOST: 'elsewhere' } }, /DB_HOST is set by Understudy/],
    ['a database constant in lower case', { constants: { db_name: 'x' } }, /db_name is set by Understudy/],
    ['a salt', { constants: { AUTH_KEY: 'x' } }, /AUTH_KEY/],
    ["a name that is no constant's", { constants: { "A'); evil();//": 1 } }, /cannot be the name of a constant/],
    ['the address as an option', { options: { home: 'http://x' } }, /home follows from/],
    ['an address with a path', { url: 'https://a.example/blog' }, /url must be like/],
    ['a table prefix with a quote', { tablePrefix: "wp'_" }, /tablePrefix must be/],
    ['an unknown environment', { environment: 'staging' }, /environment must be.*staging/],
    ['an SMTP server without port', { smtp: { host: 'x' } }, /smtp.port/],
  ])('%s is refused by name, with nothing on standard output', async (_, change, message) => {
    const refused = renderConfig({ ...configFor('dev', 'db'), ...change });
    await expect(refused).rejects.toThrow(message);
  });

  test('a salt that is too short is refused without being shown', async () => {
    const refused = renderConfig({ ...configFor('dev', 'db'), salts: { ...salts, NONCE_KEY: 'hunter2' } });
    await expect(refused).rejects.toThrow(/NONCE_KEY/);
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  describe('edition.php', () => {
    const edition = {
      id: 3,
      release: 2,
      position: '0-1-42',
      replicas: [{ id: 'replica-1', host: 'h:3306' }],
      endpoint: null,
    };
    const seen = "defined('UNDERSTUDY_EDITION') ? UNDERSTUDY_EDITION : null";
    let config: string;
    beforeAll(async () => {
      config = await renderConfig(configFor('prod', 'db'));
    });

    test('beside the file is what is served', async () => {
      await evaluate(config, '1');
      await writeEdition(join(folder.path, 'root'), edition);
      expect(await evaluate(config, seen)).toEqual(edition);
    });

    test.each([
      ['empty', '<?php'],
      ['not an edition', '<?php return 7;'],
      ['without replicas', "<?php return ['id' => 1];"],
    ])('that is %s counts as none', async (_, content) => {
      writeFileSync(join(folder.path, 'root', 'edition.php'), content);
      expect(await evaluate(config, seen)).toBeNull();
    });
  });
});
