import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/run.js';
import { constantsWorthKeeping, isMultisiteConfig, readWpConfig } from './wp-config.js';

/** What the files of a site say about it. No secret: it is kept in a journal. */
export interface SiteFiles {
  readonly wordpress: string;
  /** Of the shape of the database that this WordPress wants. */
  readonly dbVersion: string | undefined;
  readonly requiredPhp: string | undefined;
  readonly bytes: number;
  readonly uploadsBytes: number;
  readonly plugins: readonly PluginFiles[];
  /** Files and folders in wp-content/mu-plugins. */
  readonly mustUse: readonly string[];
  readonly config: {
    readonly tablePrefix: string | undefined;
    readonly charset: string | undefined;
    readonly isMultisite: boolean;
    /** Names alone: values can be keys of somebody's service. */
    readonly constants: readonly string[];
  };
}

export interface PluginFiles {
  /** As in the option `active_plugins`: `woocommerce/woocommerce.php`. */
  readonly folder: string;
  readonly requiredPhp: string | undefined;
  /** Extensions of PHP that it says it needs. */
  readonly extensions: readonly string[];
}

/** Reads what is to be known from the files of a site; nothing of it is run. */
export async function lookAtSite(
  folder: string,
  wpConfig: string | undefined,
  signal: AbortSignal,
): Promise<SiteFiles> {
  const version = await readFile(join(folder, 'wp-includes/version.php'), 'utf8');
  const config = readWpConfig(wpConfig ?? '');
  const charset = config.constants.find(({ name }) => name === 'DB_CHARSET')?.value;
  return {
    wordpress: /\$wp_version\s*=\s*'([^']+)'/.exec(version)?.[1] ?? 'unknown',
    dbVersion: /\$wp_db_version\s*=\s*(\d+)/.exec(version)?.[1],
    requiredPhp: /\$required_php_version\s*=\s*'([^']+)'/.exec(version)?.[1],
    bytes: await sizeOf(folder, signal),
    uploadsBytes: await sizeOf(join(folder, 'wp-content/uploads'), signal),
    plugins: await pluginsIn(join(folder, 'wp-content/plugins')),
    mustUse: (await namesIn(join(folder, 'wp-content/mu-plugins'))).filter(
      (name) => !/^(?:understudy|index)(?:\.php)?$/.test(name),
    ),
    config: {
      tablePrefix: config.tablePrefix,
      charset: typeof charset === 'string' && charset !== '' ? charset : undefined,
      isMultisite: isMultisiteConfig(config),
      constants: constantsWorthKeeping(config).map(({ name }) => name),
    },
  };
}

const namesIn = (folder: string) => readdir(folder).catch(() => []);

async function sizeOf(folder: string, signal: AbortSignal): Promise<number> {
  const { stdout } = await run('du', ['--summarize', '--bytes', folder], {
    signal,
    deadlineMs: 600_000,
    accept: [0, 1],
  });
  return Number(/^\d+/.exec(stdout)?.[0] ?? 0);
}

async function pluginsIn(folder: string): Promise<PluginFiles[]> {
  const names = await namesIn(folder);
  return Promise.all(
    names.sort().map(async (name) => {
      const main = await mainFileOf(join(folder, name), name);
      const composer = await readFile(join(folder, name, 'composer.json'), 'utf8').catch(() => '');
      return {
        folder: name,
        requiredPhp: /^[\s*#/]*Requires PHP:\s*([\d.]+)/im.exec(main)?.[1],
        extensions: [...composer.matchAll(/"ext-([a-z0-9_]+)"\s*:/g)].map(([, extension = '']) => extension),
      };
    }),
  );
}

/** The file with the header that WordPress looks for: the first of its folder that has one. */
async function mainFileOf(path: string, name: string): Promise<string> {
  if (name.endsWith('.php')) return headOf(path);
  for (const file of (await namesIn(path)).filter((each) => each.endsWith('.php'))) {
    const head = await headOf(join(path, file));
    if (/Plugin Name:/i.test(head)) return head;
  }
  return '';
}

const headOf = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).slice(0, 8_192);
