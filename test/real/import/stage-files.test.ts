import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookAtSite } from '../../../src/import/site-files.js';
import { exchangeFolders, exchangeFoldersBack } from '../../../src/local/incoming/exchange-folders.js';
import { lookAtFiles, stageFiles } from '../../../src/local/incoming/stage-files.js';
import { findAccount } from '../../../src/local/machine/accounts.js';
import { run } from '../../../src/process/run.js';

const { signal } = new AbortController();
const owner = process.getuid?.() === 0 ? findAccount('nobody') : undefined;

/** A WordPress as far as it is looked at, in a folder of a backup, with its configuration above it. */
const contents = {
  'backup/wp-config.php': "<?php $table_prefix = 'shop7_'; define('WP_POST_REVISIONS', 3); exit(1);",
  'backup/htdocs/wp-load.php': '<?php',
  'backup/htdocs/wp-includes/version.php':
    "<?php $wp_version = '6.1'; $wp_db_version = 53496; $required_php_version = '5.6.20';",
  'backup/htdocs/.user.ini': 'auto_prepend_file = /home/old/waf.php',
  'backup/htdocs/wp-content/object-cache.php': '<?php exit(1);',
  'backup/htdocs/wp-content/cache/page.html': 'old',
  'backup/htdocs/wp-content/uploads/a.png': 'picture',
  'backup/htdocs/wp-content/plugins/map/map.php': '<?php\n/*\nPlugin Name: Map\nRequires PHP: 9.9\n*/',
  'backup/htdocs/wp-content/plugins/map/composer.json': '{"require": {"ext-imagick": "*"}}',
  'backup/htdocs/wp-content/mu-plugins/host.php': '<?php',
};

describe('staging the files of a site', () => {
  let folder: string;
  let target: string;
  const configure = (root: string) => writeFile(join(root, 'wp-config.php'), 'of dev');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-stage-'));
    await run('chmod', ['755', folder]);
    target = join(folder, 'dev.incoming');
    for (const [path, text] of Object.entries(contents)) {
      await mkdir(join(folder, 'source', dirname(path)), { recursive: true });
      await writeFile(join(folder, 'source', path), text);
    }
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const sources = {
    folder: async () => join(folder, 'source'),
    archive: async () => {
      await run('tar', ['--create', '--gzip', `--file=${folder}/site.tgz`, `--directory=${folder}/source`, 'backup']);
      return join(folder, 'site.tgz');
    },
  };

  it.each(['folder', 'archive'] as const)(
    'from a %s finds WordPress in it, and leaves out what belongs elsewhere',
    async (kind) => {
      const staged = await stageFiles(await sources[kind](), target, { owner, signal, configure });
      expect(staged.wpConfig).toBe(contents['backup/wp-config.php']);
      expect(staged.leftOut.map((line) => line.split(':')[0]).sort()).toEqual([
        '.user.ini',
        'wp-content/cache',
        'wp-content/object-cache.php',
      ]);
      expect((await readdir(join(target, 'wp-content'))).sort()).toEqual(['mu-plugins', 'plugins', 'uploads']);
      expect(await readFile(join(target, 'wp-config.php'), 'utf8')).toBe('of dev');
      expect((await readdir(folder)).filter((name) => name.startsWith('.dev'))).toEqual([]);
    },
  );

  it('only to look changes nothing, and tells what the files say', async () => {
    const look = async (source: string) =>
      lookAtFiles(source, target, { owner, signal }, (files) => lookAtSite(files.folder, files.wpConfig, signal));
    for (const source of [await sources.folder(), await sources.archive()]) {
      expect(await look(source)).toMatchObject({
        wordpress: '6.1',
        dbVersion: '53496',
        requiredPhp: '5.6.20',
        plugins: [{ folder: 'map', requiredPhp: '9.9', extensions: ['imagick'] }],
        mustUse: ['host.php'],
        config: { tablePrefix: 'shop7_', isMultisite: false, constants: ['WP_POST_REVISIONS'] },
      });
      expect(existsSync(target)).toBe(false);
    }
  });

  it('without WordPress is wrong usage', async () => {
    await rm(join(folder, 'source/backup/htdocs/wp-load.php'));
    await expect(stageFiles(join(folder, 'source'), target, { owner, signal, configure })).rejects.toMatchObject({
      code: 'not-wordpress',
      kind: 'usage',
    });
  });
});

describe('exchanging folders', () => {
  it('comes to the same end wherever it was cut off, in both directions', async () => {
    for (const direction of ['forward', 'back'] as const) {
      // As it is before, between the two renames, after a control plane has filled the gap, and at the end.
      for (const at of ['before', 'between', 'filled', 'done'] as const) {
        const folder = await mkdtemp(join(tmpdir(), 'understudy-exchange-'));
        const names = { used: join(folder, 'used'), incoming: join(folder, 'incoming'), kept: join(folder, 'kept') };
        const put = async (name: keyof typeof names, content: string) => {
          await mkdir(names[name]);
          await writeFile(join(names[name], content), '');
        };
        if (at === 'done') await put('used', 'new');
        else await put('incoming', 'new');
        if (at === 'before') await put('used', 'old');
        else await put('kept', 'old');
        if (at === 'filled') await put('used', 'nobody has seen');
        for (let again = 0; again < 2; again++)
          await (direction === 'forward' ? exchangeFolders(names) : exchangeFoldersBack(names));
        expect(await readdir(names.used), `${direction} ${at}`).toEqual([direction === 'forward' ? 'new' : 'old']);
        expect(await readdir(direction === 'forward' ? names.kept : names.incoming), `${direction} ${at}`).toEqual([
          direction === 'forward' ? 'old' : 'new',
        ]);
        await rm(folder, { recursive: true });
      }
    }
  });
});
