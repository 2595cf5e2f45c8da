import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { layInstanceFiles } from '../../../src/aws/instance-files.js';
import { type RunResult, run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { awsProgram } from './aws-program.js';
import { type Mount, withMounts } from './own-mounts.js';

export interface TestHostOptions {
  readonly id: string;
  readonly role: 'dev' | 'prod';
  readonly address: string;
  readonly site: string;
  readonly bucket: string;
  /** Where S3 answers, and Secrets Manager if anything is asked of it. */
  readonly endpoint: string;
  /** The content of the image: `imageFiles`. */
  readonly image: string;
  /** Lines of its `host.conf` beside those of a PHP site, or in their place. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What its programs find in other places than this machine's. Default: nothing. */
  readonly mounts?: readonly Mount[];
}

export interface Page {
  readonly status: number;
  readonly edition: string | null;
  readonly text: string;
}

const isRoot = process.getuid?.() === 0;
const webUser = isRoot ? 'www-data' : userInfo().username;

/** What an image has below `/opt/understudy/instance`, bundles and all. */
export function imageFiles(): string {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-image-'));
  chmodSync(folder, 0o755);
  layInstanceFiles(folder);
  return folder;
}

/**
 * A web instance in AWS, on this machine: `instance/aws/start` with its own files, nginx, PHP-FPM and the agent really
 * run. Only the programs that this machine lacks are replaced: systemd by a script that starts and ends the same
 * programs, the mounts, and the metadata service.
 */
export class TestHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'understudy-host-'));
  readonly state = join(this.folder, 'state');
  readonly root = join(this.state, 'instance');
  readonly #env: Readonly<Record<string, string>>;
  readonly #hostFile = join(this.folder, 'host.conf');

  constructor(readonly options: TestHostOptions) {
    const { id, role, address, site, bucket, endpoint, variables = {} } = options;
    chmodSync(this.folder, 0o755);
    for (const name of ['bin', 'run', 'files/dev', 'files/media'])
      mkdirSync(join(this.folder, name), { recursive: true });
    writeFileSync(join(this.folder, 'files/dev/index.php'), '<?php usleep(20000); echo "dev\\n";');
    const lines = {
      ROLE: role,
      SITE: site,
      REGION: 'eu-west-1',
      APP_KIND: 'php',
      URL: 'https://www.example.com',
      ...(role === 'prod' ? { DEV_URL: 'https://dev.example.com' } : { DEV_FILES: 'fs-1:fsap-1' }),
      TRUSTED_PROXIES: '127.0.0.0/8',
      RELEASE_BUCKET: bucket,
      STATE_DIR: this.state,
      RUN_DIR: join(this.folder, 'run'),
      FILES_DIR: join(this.folder, 'files'),
      WEB_USER: webUser,
      PHP_FPM: 'php-fpm8.2',
      NODE: process.execPath,
      ...variables,
    };
    writeFileSync(
      this.#hostFile,
      Object.entries(lines)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    this.#program('mountpoint', 'exit 0');
    this.#program(
      'curl',
      `case $* in *api/token*) echo token ;; *instance-id*) echo ${id} ;; *local-ipv4*) echo ${address} ;; esac`,
    );
    this.#program('aws', awsProgram);
    this.#program('journalctl', `echo "journal of ${id}: $*"`);
    this.#program('systemctl', systemctl(this.folder, this.root, options.image, this.#hostFile));
    this.#env = {
      PATH: `${join(this.folder, 'bin')}:${process.env.PATH}`,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
  }

  get origin(): string {
    return `http://${this.options.address}:8080`;
  }

  /** As at every boot of the machine. */
  async start(): Promise<void> {
    await this.#run([join(this.options.image, 'aws/start'), this.#hostFile]);
    await waitUntil(() => this.answers(), { what: `${this.options.id} to answer`, deadlineMs: 20_000 });
  }

  async answers(): Promise<boolean> {
    const answer = await fetch(`${this.origin}/-/health`).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status === 200;
  }

  /** What Systems Manager has it do. */
  operate(args: readonly string[]): Promise<RunResult> {
    return this.#run([join(this.options.image, 'aws/operate'), ...args], [0, 1, 2]);
  }

  /** The edition that a visitor gets, and what he reads: asked as the balancer does. */
  page(path = '/', preview = false): Promise<Page> {
    const to = { host: this.options.address, port: preview ? 8081 : 8080, path };
    const headers = { host: 'www.example.com', 'x-forwarded-proto': 'https' };
    return new Promise((resolve, reject) => {
      const asked = request({ ...to, headers }, (answer) => {
        const edition = answer.headers['x-understudy-edition'];
        const status = answer.statusCode ?? 0;
        answer.setEncoding('utf8');
        let text = '';
        answer.on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status, edition: typeof edition === 'string' ? edition : null, text }));
        answer.on('error', reject);
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  pid(name: 'php-fpm' | 'nginx' | 'agent'): number | undefined {
    const file = join(this.folder, `${name}.pid`);
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  }

  /** Ends the agent at once, as a crash does, with what it has started; nobody starts it again. */
  killAgent(): void {
    const pid = this.pid('agent');
    if (pid !== undefined) end(pid, 'SIGKILL');
  }

  async startAgent(): Promise<void> {
    await this.#run(['systemctl', 'restart', 'understudy-agent.service']);
  }

  agentLog(): string {
    return readFileSync(join(this.folder, 'agent.log'), 'utf8');
  }

  async remove(): Promise<void> {
    for (const name of ['agent', 'nginx', 'php-fpm'] as const) {
      const pid = this.pid(name);
      if (pid !== undefined) end(pid, 'SIGTERM');
    }
    await waitUntil(() => (['agent', 'nginx', 'php-fpm'] as const).every((name) => !isThere(this.pid(name))), {
      what: `the servers of ${this.options.id} to end`,
      deadlineMs: 30_000,
    });
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(command: readonly string[], accept?: readonly number[]): Promise<RunResult> {
    const [program, args] = withMounts(this.options.mounts ?? [], command);
    const env = { ...this.#env, UNDERSTUDY_HOST_FILE: this.#hostFile };
    return run(program, args, { env, deadlineMs: 90_000, ...(accept ? { accept } : {}) });
  }

  #program(name: string, body: string): void {
    writeFileSync(join(this.folder, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
}

/** Each is the leader of a session of its own. */
function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

function isThere(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
  } catch {
    return false;
  }
}

/** The three services as their units have them (`instance/aws/units`). */
const systemctl = (folder: string, root: string, image: string, hostFile: string) => `
start() {
  if [ -f '${folder}'/"$1".pid ]; then kill -TERM -- "-$(cat '${folder}'/"$1".pid)" 2>/dev/null; sleep 0.3; fi
  name=$1; shift
  setsid sh -c 'echo $$ >"$0"; exec "$@"' '${folder}'/"$name".pid "$@" >>'${folder}'/"$name".log 2>&1 </dev/null &
}
case "$*" in
  'restart understudy-php-fpm.service understudy-nginx.service')
    start php-fpm ${isRoot ? `setpriv --reuid ${webUser} --regid ${webUser} --clear-groups -- ` : ''}'${root}/run-php-fpm'
    start nginx ${isRoot ? `setpriv --reuid ${webUser} --regid ${webUser} --clear-groups -- ` : ''}'${root}/run-nginx' ;;
  'restart understudy-agent.service') start agent '${process.execPath}' '${image}/aws/agent.mjs' obey '${hostFile}' ;;
  'kill --kill-whom=main --signal=SIGUSR1 understudy-nginx.service understudy-php-fpm.service')
    kill -USR1 "$(cat '${folder}/nginx.pid')" "$(cat '${folder}/php-fpm.pid')" ;;
  'reload understudy-php-fpm.service') kill -USR2 "$(cat '${folder}/php-fpm.pid')" ;;
  *) exit 1 ;;
esac
`;
