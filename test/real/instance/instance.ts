import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DaemonSpec, killDaemon, startDaemon, stopDaemon } from '../../../src/process/daemon.js';
import type { ProcessRef } from '../../../src/process/identity.js';
import { type Account, type RunResult, run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { type Files, type Releases, releasesIn, writeRelease } from './release.js';

const scripts = fileURLToPath(new URL('../../../instance/', import.meta.url));
export const isRoot = process.getuid?.() === 0;
const webUser = isRoot ? 'www-data' : userInfo().username;
const phpFpm = 'php-fpm8.2';
const anyStatus = [0, 1, 2, 3, 4, 5];

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ask the server for the edition that is prepared, in place of the current one. */
  readonly preview?: boolean;
}

/** One web instance of a test: its directories, the scripts run on it, and its two servers. */
export class TestInstance {
  readonly directory: string;
  readonly root: string;
  readonly envFile: string;
  readonly config: string;
  readonly media: string;
  readonly documentRoot: string;
  readonly releases: Releases;
  #php: ProcessRef | undefined;
  #nginx: ProcessRef | undefined;

  constructor(
    readonly address: string,
    variables: Readonly<Record<string, string>> = {},
  ) {
    this.directory = mkdtempSync(join(tmpdir(), 'understudy-instance-'));
    // The web account has to get through to what lies inside.
    chmodSync(this.directory, 0o755);
    this.root = join(this.directory, 'root');
    this.envFile = join(this.directory, 'instance.env');
    this.config = join(this.directory, 'config');
    this.media = join(this.directory, 'media');
    this.documentRoot = join(this.directory, 'dev');
    this.releases = releasesIn(join(this.directory, 'releases'));
    for (const made of [this.config, this.media, this.documentRoot]) mkdirSync(made);
    this.write(variables);
  }

  /** Writes the file of variables: a prod instance unless told otherwise. An empty value leaves a variable out. */
  write(variables: Readonly<Record<string, string>>): void {
    const isDev = variables.ENVIRONMENT === 'dev';
    const all: Readonly<Record<string, string>> = {
      INSTANCE_ID: 'prod-1',
      ENVIRONMENT: 'prod',
      APP_KIND: 'wordpress',
      ADDRESS: this.address,
      ROOT: this.root,
      RUN_DIR: join(this.directory, 'run'),
      WEB_USER: webUser,
      PHP_FPM: phpFpm,
      PHP_WORKERS: '4',
      ...(isDev
        ? { DOCUMENT_ROOT: this.documentRoot }
        : { CONFIG_DIR: this.config, MEDIA_DIR: this.media, DEV_URL: 'https://dev.demo.localhost/' }),
      ...variables,
    };
    const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}=${value}`]));
    writeFileSync(this.envFile, `${lines.join('\n')}\n`);
  }

  /** Runs boot; whatever its exit status, it is told and not thrown. */
  boot(): Promise<RunResult> {
    return run(join(scripts, 'boot'), [this.envFile], { accept: anyStatus });
  }

  agent(verb: string, ...args: string[]): Promise<RunResult> {
    return run(join(scripts, 'release-agent'), [verb, this.envFile, ...args], { accept: anyStatus });
  }

  /** Starts the agent without waiting for its end, to be killed. */
  startAgent(verb: string, ...args: string[]): Promise<ProcessRef> {
    const logFile = join(this.directory, 'agent.log');
    return startDaemon({ program: join(scripts, 'release-agent'), args: [verb, this.envFile, ...args], logFile });
  }

  prepareArguments(edition: number, release = edition): string[] {
    const editionFile = join(this.directory, `edition-${edition}.php`);
    writeFileSync(editionFile, `<?php return ['id' => ${edition}];\n`);
    const manifest = this.releases.manifest(release);
    return [
      '--edition',
      `${edition}`,
      '--manifest',
      manifest,
      '--packs',
      this.releases.packs,
      '--edition-file',
      editionFile,
    ];
  }

  prepare(edition: number, release = edition): Promise<RunResult> {
    return this.agent('prepare', ...this.prepareArguments(edition, release));
  }

  /** Writes a release, makes it an edition and switches to it. */
  async serve(edition: number, files: Files): Promise<void> {
    await writeRelease(this.releases, edition, files);
    mustSucceed(await this.prepare(edition));
    mustSucceed(await this.agent('switch', '--edition', `${edition}`));
  }

  async start(): Promise<void> {
    mustSucceed(await this.boot());
    await this.startPhp();
    this.#nginx = await startDaemon(this.#server('nginx'));
    await waitUntil(
      () =>
        this.ask('/-/health').then(
          ({ status }) => status === 200,
          () => false,
        ),
      {
        what: `the instance at ${this.address} to answer`,
        deadlineMs: 30_000,
        everyMs: 20,
      },
    );
  }

  async startPhp(): Promise<void> {
    this.#php = await startDaemon(this.#server('php-fpm'));
  }

  /** Ends PHP-FPM at once, as a crash does. */
  async killPhp(): Promise<void> {
    if (this.#php) await killDaemon(this.#php);
  }

  async remove(): Promise<void> {
    if (this.#nginx) await stopDaemon(this.#nginx);
    if (this.#php) await stopDaemon(this.#php);
    rmSync(this.directory, { recursive: true, force: true });
  }

  ask(path: string, { method = 'GET', headers = {}, preview = false }: AskOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const port = preview ? 8081 : 8080;
      const sent = request(
        { host: this.address, port, path, method, headers, agent: false, timeout: 15_000 },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${path} in 15 s`)));
      sent.on('error', reject);
      sent.end();
    });
  }

  #server(name: 'nginx' | 'php-fpm'): DaemonSpec {
    return {
      program: join(this.root, `run-${name}`),
      args: [],
      logFile: join(this.directory, `${name}.log`),
      as: webAccount,
    };
  }
}

/** The account that the servers of a test run as; undefined when that is the present one. */
export const webAccount: Account | undefined = isRoot ? await accountOf(webUser) : undefined;

async function accountOf(name: string): Promise<Account> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])));
  return { name, uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

export function mustSucceed(result: RunResult): void {
  if (result.exitCode !== 0) throw new Error(`exit ${result.exitCode}: ${result.stderr}`);
}
