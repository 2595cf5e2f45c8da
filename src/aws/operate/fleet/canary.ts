import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { InstanceId } from '../../../platform/edition.js';
import type { Instance } from '../../../platform/fleet.js';
import { InstanceAnswers } from '../../../platform/instance-answers.js';
import { startDaemon, stopDaemon } from '../../../process/daemon.js';
import type { ProcessRef } from '../../../process/identity.js';
import { type Account, run } from '../../../process/run.js';
import { waitUntil } from '../../../process/wait.js';
import { readJson, writeFileAtomic, writeJson } from '../../../state/atomic-file.js';
import { nameOfContent } from '../../../state/name-of-content.js';
import { EditionsOnHost } from '../../agent/editions-on-host.js';
import { ports } from '../../naming.js';
import type { Bucket } from '../bucket.js';
import { S3ReleaseArchive } from '../s3-release-archive.js';

export interface CanaryOptions {
  readonly site: string;
  /** With `boot` and `release-agent`. */
  readonly instanceFolder: string;
  /** On this host, for the canary alone; goes with it. */
  readonly folder: string;
  /** For its sockets: a short path. */
  readonly runDir: string;
  /** Where it listens: nobody but this host asks it. */
  readonly address: string;
  /** What prod's servers run as; undefined for the present account. */
  readonly account: Account | undefined;
  /** Lines of its file of variables beside those that follow from the above: instance/README.md. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Writes what is laid over every edition of prod into a folder that is there and empty. */
  readonly writeConfiguration: (folder: string) => Promise<void>;
  /** Of releases. */
  readonly bucket: Bucket;
}

const refSchema = z.object({ pid: z.number(), startTime: z.number(), bootId: z.string() });
const recordSchema = z.object({ servers: z.array(refSchema) });
const bootMs = 45_000;

/** The instance on the operations host on which a new edition is tried: no balancer routes to it. */
export class Canary {
  readonly id: InstanceId = 'canary';
  readonly editions: EditionsOnHost;
  readonly #root: string;
  readonly #envFile: string;
  readonly #record: string;

  constructor(private readonly options: CanaryOptions) {
    const { site, instanceFolder, folder, bucket } = options;
    this.#root = join(folder, 'instance');
    this.#envFile = join(folder, 'instance.env');
    this.#record = join(folder, 'servers.json');
    const program = join(instanceFolder, 'release-agent');
    // Its own: what it does not need any more is removed, and goes with it.
    const fetched = join(folder, 'releases');
    this.editions = new EditionsOnHost({
      site,
      program,
      envFile: this.#envFile,
      root: this.#root,
      archive: new S3ReleaseArchive(bucket, fetched),
      folder: fetched,
    });
  }

  async isThere(): Promise<boolean> {
    return existsSync(this.options.folder);
  }

  /** Boots it anew: what an earlier process has left may be of another configuration. */
  async boot(): Promise<Instance> {
    const { folder, runDir, address, instanceFolder, account } = this.options;
    await this.dismiss();
    await mkdir(join(folder, 'config'), { recursive: true });
    await mkdir(runDir, { recursive: true });
    await this.options.writeConfiguration(join(folder, 'config'));
    await writeFileAtomic(this.#envFile, this.#variables(), { mode: 0o640 });
    await run(join(instanceFolder, 'boot'), [this.#envFile]);
    const servers: ProcessRef[] = [];
    // PHP before nginx: an instance that answers can answer everything.
    for (const name of ['php-fpm', 'nginx']) {
      const program = join(this.#root, `run-${name}`);
      servers.push(
        await startDaemon({ program, args: [], cwd: '/', logFile: join(folder, `${name}.log`), as: account }),
      );
      await writeJson(this.#record, { servers });
    }
    const origin = `http://${address}:${ports.web}`;
    const answers = new InstanceAnswers(origin);
    await waitUntil(async () => (await answers.degraded()) !== undefined, {
      what: 'the canary to answer',
      deadlineMs: bootMs,
      remedy: `Read the logs in ${folder}.`,
    });
    return {
      id: this.id,
      environment: 'prod',
      zone: 'operations',
      state: 'healthy',
      edition: undefined,
      origin,
      previewOrigin: `http://${address}:${ports.preview}`,
    };
  }

  /** Also one that another process has booted. */
  async dismiss(): Promise<void> {
    const record = await readJson(this.#record, recordSchema);
    for (const server of [...(record?.servers ?? [])].reverse()) await stopDaemon(server);
    await rm(this.options.runDir, { recursive: true, force: true });
    // Last: what is left of a dismissal that was cut off is found by it.
    await rm(this.options.folder, { recursive: true, force: true });
  }

  /** Names what is laid over editions, as it would be written now. */
  async configuration(): Promise<string> {
    const folder = `${this.options.folder}.configuration`;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      await this.options.writeConfiguration(folder);
      return await nameOfContent(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #variables(): string {
    const { address, runDir, account, folder, variables } = this.options;
    const all: Readonly<Record<string, string | undefined>> = {
      INSTANCE_ID: this.id,
      ENVIRONMENT: 'prod',
      ADDRESS: address,
      ROOT: this.#root,
      RUN_DIR: runDir,
      WEB_USER: account?.name,
      CONFIG_DIR: join(folder, 'config'),
      TRUSTED_PROXIES: '127.0.0.0/8',
      PAGE_LOGS: 'yes',
      ...variables,
    };
    return Object.entries(all)
      .flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${value}\n`]))
      .join('');
  }
}
