import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderConfiguration } from '../../src/local/balancer/configuration.js';
import { killDaemon, startDaemon } from '../../src/process/daemon.js';
import type { ProcessRef } from '../../src/process/identity.js';
import { run } from '../../src/process/run.js';
import { waitUntil } from '../../src/process/wait.js';

/** One real HAProxy process with the configuration of a site, and instances that a test answers for. */
export class TestBalancer {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly statsAddress: string;
  readonly requestsFile: string;
  readonly logFile: string;
  #process: ProcessRef | undefined;

  private constructor(
    number: number,
    readonly folder: string,
    /** Those of prod, then those of dev. */
    readonly instances: readonly TestInstance[],
  ) {
    this.httpPort = 18_000 + number;
    this.httpsPort = 18_100 + number;
    this.statsAddress = `127.14.${number}.31`;
    this.requestsFile = join(folder, 'haproxy-1.requests');
    this.logFile = join(folder, 'haproxy-1.log');
  }

  /**
   * @param number below 100, one for each test file: ports and addresses come from it, and files run at once
   * @param count of instances, at most nine in each environment
   */
  static async start(
    number: number,
    count: { prod: number; dev: number },
    answer: RequestListener,
  ): Promise<TestBalancer> {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-balancer-'));
    const network = `127.14.${number}`;
    const addresses = (length: number, first: number) =>
      Array.from({ length }, (_, index) => `${network}.${first + index}`);
    const [prod, dev] = [addresses(count.prod, 1), addresses(count.dev, 41)];
    const certificateFile = join(folder, 'certificate.pem');
    const [key, certificate] = [join(folder, 'key'), join(folder, 'cert')];
    const subject = ['-subj', '/CN=shop.example', '-days', '2', '-nodes', '-newkey', 'rsa:2048'];
    await run('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', certificate]);
    await writeFile(certificateFile, (await readFile(certificate)).toString() + (await readFile(key)));
    const balancer = new TestBalancer(
      number,
      folder,
      [...prod, ...dev].map((address) => new TestInstance(address, answer)),
    );
    const frame = {
      domains: { dev: 'dev.shop.example', prod: 'shop.example' },
      httpPort: balancer.httpPort,
      httpsPort: balancer.httpsPort,
      certificateFile,
      primaryEndpoint: `${network}.10`,
      replicaEndpoint: `${network}.20`,
      cluster: {},
      replicas: {},
    };
    const named = (environment: string, all: readonly string[]) =>
      all.map((address, index) => ({ id: `${environment}-${index + 1}`, address, mode: 'ready' as const }));
    const configFile = join(folder, 'haproxy.cfg');
    const { statsAddress } = balancer;
    const process = { name: 'haproxy-1' as const, statsAddress, adminSocket: join(folder, 's'), configFile };
    const state = { web: { dev: named('dev', dev), prod: named('prod', prod) }, primary: '', weights: {} };
    await writeFile(configFile, renderConfiguration(frame, state, process));
    for (const instance of balancer.instances) await instance.start();
    await balancer.start();
    return balancer;
  }

  /** Starts the process, also after `kill`, and waits until it answers. */
  async start(): Promise<void> {
    this.#process = await startDaemon({
      program: '/usr/sbin/haproxy',
      args: ['-db', '-f', join(this.folder, 'haproxy.cfg')],
      logFile: this.logFile,
      outputFile: this.requestsFile,
    });
    const answers = async () => (await this.get('/').catch(() => 0)) === 200;
    await waitUntil(answers, { what: 'the balancer', deadlineMs: 15_000 });
  }

  async kill(): Promise<void> {
    if (this.#process) await killDaemon(this.#process);
  }

  async destroy(): Promise<void> {
    await this.kill();
    for (const instance of this.instances) await instance.die();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** @returns the status of the answer, on a connection of its own */
  get(path: string, headers: Record<string, string> = {}): Promise<number> {
    const { httpsPort: port } = this;
    const options = { host: '127.0.0.1', port, path, servername: 'shop.example', rejectUnauthorized: false };
    return new Promise((resolve, reject) => {
      const call = request({ ...options, headers: { host: `shop.example:${port}`, ...headers } }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      call.on('error', reject);
      call.end();
    });
  }
}

class TestInstance {
  #server: Server | undefined;

  constructor(
    readonly address: string,
    private readonly answer: RequestListener,
  ) {}

  async start(): Promise<void> {
    const server = createServer(this.answer);
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(8080, this.address, resolve));
  }

  /** As if it were killed: connections are lost, and nobody listens. */
  async die(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
}
