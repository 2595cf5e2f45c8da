import { readFile } from 'node:fs/promises';
import { paths } from '../../../src/local/layout.js';
import { networkOf } from '../../../src/local/network/claim.js';
import { hostsOf } from '../../../src/local/network/hosts.js';
import { Secret } from '../../../src/output/secret.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import type { EventKind, PlatformEvent } from '../../../src/platform/events.js';
import type { PlatformStatus } from '../../../src/platform/status.js';
import { waitUntil } from '../../../src/process/wait.js';
import { connect } from '../../../src/sql/connect.js';
import type { TestPlatform } from '../../helpers/platform.js';
import { pidOf } from './processes.js';

/** Everything that a site of one database has, at its edition. */
const isWell = ({ environments: { dev, prod }, problems }: PlatformStatus) =>
  dev.database?.state === 'redundant' &&
  [...dev.instances, ...prod.instances].every(({ state }) => state === 'healthy') &&
  prod.replicas.every(
    ({ gate, position, weight }) => gate === 'closed' && weight === 100 && position === prod.edition?.position,
  ) &&
  problems.length === 0;

/** Looks at a platform's databases while something is done to them. */
export class DatabaseWatch {
  #began = '';

  constructor(private readonly site: TestPlatform) {}

  /** Waits until all is well. What happened before is no longer told. */
  async begin(): Promise<void> {
    await this.untilWell();
    this.#began = new Date().toISOString();
  }

  untilWell(): Promise<PlatformStatus> {
    return this.until('everything to be well', isWell);
  }

  async until(what: string, isSo: (now: PlatformStatus) => boolean): Promise<PlatformStatus> {
    let now: PlatformStatus | undefined;
    const look = async () => {
      // Between two control planes there is nobody to ask.
      now = await this.status().catch(() => undefined);
      return now && isSo(now) ? now : undefined;
    };
    return waitUntil(look, { what, deadlineMs: 60_000, everyMs: 100 }).catch(async (error) => {
      throw new Error(`${error.message} ${JSON.stringify(now, undefined, 1)} ${JSON.stringify(await this.told())}`);
    });
  }

  status(): Promise<PlatformStatus> {
    return this.site.client.call('status', {});
  }

  async primary(): Promise<string> {
    return (await this.status()).environments.dev.database?.primary ?? '';
  }

  async told(...kinds: readonly EventKind[]): Promise<readonly PlatformEvent[]> {
    const all = await this.site.platform.events.read(this.#began);
    return kinds.length === 0 ? all : all.filter(({ kind }) => kinds.includes(kind));
  }

  async happened(kind: EventKind): Promise<PlatformEvent> {
    const look = async () => (await this.told(kind))[0];
    return waitUntil(look, { what: kind, deadlineMs: 60_000, everyMs: 100 }).catch(async (error) => {
      throw new Error(`${error.message} ${JSON.stringify(await this.told())}`);
    });
  }

  signal(server: string, signal: NodeJS.Signals): void {
    process.kill(pidOf(this.site.layout, server), signal);
  }

  /** As dev's WordPress does it. */
  async atEndpoint(): Promise<SqlConnection> {
    const claim = await networkOf(this.site.layout);
    if (!claim) throw new Error('no network');
    const { databases } = JSON.parse(await readFile(paths.secrets(this.site.layout), 'utf8'));
    return connect({
      host: hostsOf(claim.network, this.site.site).primaryEndpoint,
      port: 3306,
      user: 'dev',
      password: new Secret(databases.dev),
      database: this.site.site.name,
      connectTimeout: 1_000,
    });
  }

  /** What ledgers have written. Takes it away. */
  async written(): Promise<ReadonlySet<number>> {
    const connection = await this.atEndpoint();
    const rows = await connection.query<{ n: number }>('SELECT n FROM ledger');
    await connection.query('DROP TABLE ledger');
    await connection.end();
    return new Set(rows.map(({ n }) => n));
  }
}
