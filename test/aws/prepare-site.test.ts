import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/process/run.js';

const program = fileURLToPath(new URL('../../instance/aws/prepare-site', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-site-'));
  mkdirSync(join(folder, 'wordpress/wp-content/themes/one'), { recursive: true });
  for (const name of ['wp-load.php', 'index.php', '.htaccess', 'wp-content/themes/one/style.css']) {
    writeFileSync(join(folder, 'wordpress', name), `of the archive: ${name}`);
  }
  await run('tar', ['-czf', join(folder, 'archive'), '-C', folder, 'wordpress']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A host with its own document root. What reaches outside is replaced; WordPress's installer too, for want of a database. */
function host({ damaged = false } = {}) {
  const where = mkdtempSync(join(folder, 'host-'));
  const root = join(where, 'files/dev');
  const state = join(where, 'state');
  for (const path of [root, state, join(where, 'bin')]) mkdirSync(path, { recursive: true });
  const tool = (name: string, body: string) => {
    const path = join(where, 'bin', name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return path;
  };
  const sum = damaged ? 'echo 0000000000000000000000000000000000000000' : `sha1sum '${folder}/archive' | cut -d' ' -f1`;
  tool(
    'curl',
    `case $* in *.sha1) ${sum} ;; *) while [ "$1" != -o ]; do shift; done; cp '${folder}/archive' "$2" ;; esac`,
  );
  tool(
    'aws',
    `while [ "$1" != --secret-id ]; do shift; done
case $2 in
*/database/dev) echo '{"username":"dev","password":"pass-word-of-dev"}' ;;
*/salts) echo '{"seed":"0123456789012345678901234567890123456789"}' ;;
*/site-administrator) echo '{"password":"pass-word-of-admin"}' ;;
*/settings) echo '{"constants":{},"options":{}}' ;;
esac`,
  );
  const php = tool(
    'php-here',
    `case $* in *wordpress/install.php) cat >'${where}/request' ;; *) exec php "$@" ;; esac`,
  );
  const file = join(where, 'host.conf');
  const lines = {
    ROLE: 'operations',
    SITE: 'shop',
    REGION: 'eu-central-1',
    APP_KIND: 'wordpress',
    URL: 'https://dev.example.com',
    SCHEMA: 'shop',
    DATABASE_HOST: 'primary.shop.understudy.internal',
    DATABASE_SECRET: 'understudy/shop/database/dev',
    SALTS_SECRET: 'understudy/shop/salts',
    SETTINGS_SECRET: 'understudy/shop/dev/settings',
    ADMIN_SECRET: 'understudy/shop/site-administrator',
    TABLE_PREFIX: 'wp_',
    WORDPRESS: 'latest',
    TITLE: "It's a shop",
    ADMIN_USER: 'admin',
    ADMIN_EMAIL: 'admin@example.com',
    LOCALE: 'en_US',
    STATE_DIR: state,
    FILES_DIR: join(where, 'files'),
    PHP: php,
  };
  writeFileSync(
    file,
    Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  return {
    root,
    state,
    request: () => JSON.parse(readFileSync(join(where, 'request'), 'utf8')),
    prepare: () => run(program, [file], { env: { PATH: `${join(where, 'bin')}:${process.env.PATH}` } }),
  };
}

describe("dev's document root, as the operations host prepares it", () => {
  it('is filled with WordPress and its configuration while it is empty', async () => {
    const { root, state, prepare, request } = host();
    await prepare();
    expect(readdirSync(root).sort()).toEqual(['.htaccess', 'index.php', 'wp-config.php', 'wp-content', 'wp-load.php']);
    expect(existsSync(join(root, 'wp-content/mu-plugins/understudy.php'))).toBe(true);
    expect(readFileSync(join(root, 'wp-config.php'), 'utf8')).toContain("define('DB_PASSWORD', 'pass-word-of-dev');");
    expect(request()).toMatchObject({ title: "It's a shop", adminUser: 'admin', adminPassword: 'pass-word-of-admin' });
    // Neither the request nor the document for the configuration, which hold passwords, was put down anywhere.
    expect(readdirSync(state)).toEqual([]);
  });

  it('is left as people have changed it when the host starts again', async () => {
    const { root, prepare } = host();
    await prepare();
    writeFileSync(join(root, 'index.php'), 'changed');
    await prepare();
    expect(readFileSync(join(root, 'index.php'), 'utf8')).toBe('changed');
  });

  it('is filled anew after a host that was lost in the middle', async () => {
    const { root, prepare } = host();
    mkdirSync(join(root, '.understudy-filling/tree'), { recursive: true });
    mkdirSync(join(root, 'wp-content/themes'), { recursive: true });
    writeFileSync(join(root, 'index.php'), 'half of i');
    await prepare();
    expect(readFileSync(join(root, 'index.php'), 'utf8')).toBe('of the archive: index.php');
    expect(existsSync(join(root, 'wp-content/themes/one/style.css'))).toBe(true);
    expect(existsSync(join(root, '.understudy-filling'))).toBe(false);
  });

  it('is left alone when somebody has begun to bring a site of their own', async () => {
    const { root, prepare } = host();
    writeFileSync(join(root, 'readme.txt'), 'mine');
    await prepare();
    expect(readdirSync(root)).toEqual(['readme.txt']);
  });

  it('is not filled from an archive that is damaged', async () => {
    const { root, prepare } = host({ damaged: true });
    await expect(prepare()).rejects.toThrow(/latest\.tar\.gz is damaged/);
    expect(existsSync(join(root, 'wp-load.php'))).toBe(false);
  });
});
