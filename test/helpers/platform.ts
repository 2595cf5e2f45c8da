import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { UpResult } from '../../src/local/control-plane/api.js';
import { ControlPlaneClient } from '../../src/local/control-plane/client.js';
import { type Layout, layoutFor, paths } from '../../src/local/layout.js';
import { localPlatform } from '../../src/local/local-platform.js';
import { accountFor } from '../../src/local/machine/accounts.js';
import { locatePrograms } from '../../src/local/machine/find-programs.js';
import type { Platform } from '../../src/platform/platform.js';
import { type Account, run } from '../../src/process/run.js';
import type { Site, SiteDefinition } from '../../src/site/schema.js';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Longer than a command may take, shorter than a test run. */
const longestMs = 180_000;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProdPage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A whole platform of its own, which a test may break as it likes. */
export interface TestPlatform {
  /** Where its definition lies. */
  readonly dir: string;
  readonly layout: Layout;
  readonly site: Site;
  /** What `up` answered. */
  readonly up: UpResult;
  readonly platform: Platform;
  readonly client: ControlPlaneClient;
  /** The certificate's authority, as PEM. */
  readonly authority: string;
  /** Runs `understudy ARGS` on this site. No exit status is an error. */
  cli(args: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<CommandResult>;
  /** Gives the first post of dev this title and this content, through WordPress. */
  editPost(text: string): Promise<void>;
  /** Runs PHP in dev's document root as dev does. @returns what it prints */
  devPhp(code: string): Promise<string>;
  /** Writes a file below dev's document root, as dev's PHP would. */
  writeDevFile(path: string, content: string): Promise<void>;
  removeDevFile(path: string): Promise<void>;
  /** A page of prod as a visitor gets it: through the balancer, over TLS. */
  fetchProd(path: string): Promise<ProdPage>;
  /** Stops and removes everything. */
  destroy(): Promise<void>;
}

/**
 * Brings a platform up with the commands that a user has, from what `npm run build` has built. Takes about 6 s.
 * @param definition default: a WordPress site with no bake
 */
export async function startPlatform({
  definition = {},
  files = {},
}: {
  readonly definition?: Partial<SiteDefinition>;
  /** Written beside the definition first, by path: what it refers to. */
  readonly files?: Readonly<Record<string, string>>;
} = {}): Promise<TestPlatform> {
  const dir = await mkdtemp(join(tmpdir(), 'site-'));
  const configFile = join(dir, 'understudy.config.ts');
  const whole: SiteDefinition = { name: 'tested', promotion: { bakeSeconds: 0 }, ...definition };
  await writeFile(
    configFile,
    `import { defineSite } from 'understudy';\nexport default defineSite(${JSON.stringify(whole)});\n`,
  );
  for (const [path, content] of Object.entries(files)) await writeAs(undefined, dir, path, content);
  const cli = (args: readonly string[], options: { readonly signal?: AbortSignal } = {}) =>
    run(process.execPath, [program, ...args, '--config', configFile], {
      cwd: dir,
      deadlineMs: longestMs,
      accept: Array.from({ length: 256 }, (_, status) => status),
      ...options,
    });
  const destroy = async () => {
    const down = () => cli(['down', '--destroy', '--yes']);
    let { exitCode, stderr } = await down();
    if (exitCode === 3) {
      // A test that failed has left a promotion running, beside which nothing is stopped.
      await cli(['rollback', '--yes']);
      ({ exitCode, stderr } = await down());
    }
    if (exitCode !== 0) throw new Error(`The platform in ${dir} could not be removed: ${stderr}`);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const started = await cli(['up', '--json']);
    if (started.exitCode !== 0) throw new Error(`up failed: ${started.stderr}`);
    const layout = layoutFor(configFile);
    const up = JSON.parse(started.stdout) as UpResult;
    const platform = await localPlatform(layout);
    const authority = await readFile(up.authorityFile, 'utf8');
    const devRoot = paths.devRoot(layout);
    const account = accountFor('dev');
    const devPhp = async (code: string) =>
      (await run(locatePrograms().php, [], { cwd: devRoot, as: account, input: `<?php\n${code}` })).stdout;
    return {
      dir,
      layout,
      site: platform.site,
      up,
      platform,
      client: new ControlPlaneClient(paths.controlSocket(layout)),
      authority,
      cli,
      devPhp,
      editPost: async (text) => void (await devPhp(editProgram(text))),
      writeDevFile: (path, content) => writeAs(account, devRoot, path, content),
      removeDevFile: (path) => rm(join(devRoot, path), { recursive: true, force: true }),
      fetchProd: (path) => fetchPage(up.urls.prod, authority, path),
      destroy,
    };
  } catch (error) {
    await destroy();
    throw error;
  }
}

const editProgram = (text: string) => `
require 'wp-load.php';
$text = ${JSON.stringify(text).replaceAll('$', '\\$')};
$post = get_posts(['numberposts' => 1, 'post_status' => 'publish', 'orderby' => 'ID', 'order' => 'ASC'])[0];
$id = wp_update_post(['ID' => $post->ID, 'post_title' => $text, 'post_content' => $text], true);
if (is_wp_error($id)) { fwrite(STDERR, $id->get_error_message()); exit(1); }
`;

async function writeAs(account: Account | undefined, root: string, path: string, content: string): Promise<void> {
  const file = join(root, path);
  const made = await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content, { mode: 0o644 });
  if (account) await run('chown', ['-R', `${account.uid}:${account.gid}`, made ?? file]);
}

function fetchPage(url: string, authority: string, path: string): Promise<ProdPage> {
  const { hostname, host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        // Names of this machine resolve in browsers only.
        host: '127.0.0.1',
        port,
        path,
        servername: hostname,
        ca: authority,
        agent: false,
        headers: { host },
        signal: AbortSignal.timeout(20_000),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    call.on('error', reject);
    call.end();
  });
}
