import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { killDaemon, startDaemon } from '../../../src/process/daemon.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { account } from './mariadb.js';

export const parts = resolve(import.meta.dirname, '../../../instance/wordpress');
/** Another WordPress than Debian's can be tested by naming its folder. */
export const wordPress = process.env.UNDERSTUDY_TEST_WORDPRESS ?? '/usr/share/wordpress';
export const devUrl = 'https://dev.demo.localhost:8443';
export const prodUrl = 'https://demo.localhost:8443';

export interface ConfigInput {
  readonly environment: 'dev' | 'prod';
  readonly url: string;
  readonly otherUrls?: readonly string[];
  readonly database: { readonly host: string; readonly name: string; readonly user: string; readonly password: string };
  readonly tablePrefix: string;
  readonly salts: Readonly<Record<string, string>>;
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly smtp?: { readonly host: string; readonly port: number };
}

const saltNames = ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'].flatMap((name) => [`${name}_KEY`, `${name}_SALT`]);

export const salts = Object.fromEntries(saltNames.map((name) => [name, randomBytes(32).toString('base64')]));

export function configFor(environment: 'dev' | 'prod', host: string): ConfigInput {
  return {
    environment,
    url: environment === 'dev' ? devUrl : prodUrl,
    otherUrls: environment === 'dev' ? [] : [devUrl],
    database: { host, name: 'wp', user: environment, password: `${environment}'s "secret"` },
    tablePrefix: 'wp_',
    salts,
  };
}

/** @throws code `program-failed` with what render-config says */
export async function renderConfig(input: unknown): Promise<string> {
  const { stdout } = await run('php8.2', [join(parts, 'render-config.php')], { input: JSON.stringify(input) });
  return `${stdout}\n`;
}

/** A WordPress with our files in it, as an instance of the environment has them. */
export async function makeDocumentRoot(path: string, config: ConfigInput, edition?: unknown): Promise<void> {
  // Links followed: Debian's package is full of them.
  await run('cp', ['-RL', wordPress, path]);
  cpSync(join(parts, 'mu-plugins'), join(path, 'wp-content/mu-plugins'), { recursive: true });
  if (config.environment === 'prod') {
    cpSync(join(parts, 'drop-ins/prod'), join(path, 'wp-content'), { recursive: true });
    await writeEdition(path, edition);
  }
  mkdirSync(join(path, 'wp-content/uploads'), { recursive: true });
  writeFileSync(join(path, 'wp-config.php'), await renderConfig(config));
}

export async function writeEdition(path: string, edition: unknown): Promise<void> {
  const { stdout } = await run('php8.2', [
    '-r',
    'echo "<?php\nreturn ", var_export(json_decode($argv[1], true), true), ";\n";',
    JSON.stringify(edition),
  ]);
  writeFileSync(join(path, 'edition.php'), stdout);
}

export function installWordPress(path: string, request: object): Promise<{ stdout: string; stderr: string }> {
  return run('php8.2', [join(parts, 'install.php')], {
    cwd: path,
    input: JSON.stringify({
      title: 'Demo & Söhne',
      adminUser: 'admin',
      adminEmail: 'admin@example.com',
      adminPassword: 'it\'s "quoted" \\ $ecret',
      locale: 'en_US',
      permalinks: '/%postname%/',
      ...request,
    }),
  });
}

export interface Web {
  /** Never follows a redirect. */
  get(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** Serves it with PHP's own server, which asks WordPress for everything that is not a file. */
export async function serve(path: string, address: string, ini: Readonly<Record<string, string>> = {}): Promise<Web> {
  const router = `${path}.router.php`;
  writeFileSync(
    router,
    `<?php
$_SERVER['SERVER_ADDR'] = '${address}';
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = rtrim(${JSON.stringify(path)} . $path, '/');
if ($path !== '/' && (is_file($file) || is_file("$file/index.php"))) { return false; }
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
require ${JSON.stringify(path)} . '/index.php';
`,
  );
  const settings = {
    'apc.enabled': '1',
    'opcache.revalidate_freq': '0',
    display_errors: '0',
    log_errors: '1',
    error_log: `${path}.log`,
    ...ini,
  };
  writeFileSync(`${path}.log`, '', { mode: 0o666 });
  await run('chmod', ['666', `${path}.log`]);
  const ref = await startDaemon({
    program: 'php8.2',
    args: [
      ...Object.entries(settings).flatMap(([name, value]) => ['-d', `${name}=${value}`]),
      '-S',
      `${address}:8080`,
      '-t',
      path,
      router,
    ],
    env: { PHP_CLI_SERVER_WORKERS: '4' },
    logFile: `${path}.server.log`,
    as: account,
  });
  const base = `http://${address}:8080`;
  await waitUntil(
    () =>
      fetch(`${base}/readme.html`).then(
        (answer) => answer.ok,
        () => false,
      ),
    {
      what: `${base} to answer`,
      deadlineMs: 30_000,
    },
  );
  return {
    get: (at, init = {}) => fetch(`${base}${at}`, { redirect: 'manual', signal: AbortSignal.timeout(20_000), ...init }),
    stop: () => killDaemon(ref),
  };
}
