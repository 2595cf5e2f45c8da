import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Edition } from '../../platform/edition.js';
import { InstanceAnswers, type PhpStatus } from '../../platform/instance-answers.js';
import type { PlatformStatus } from '../../platform/status.js';
import { allProcesses, commandLine, readProcess } from '../../process/table.js';
import { environmentNames } from '../../site/schema.js';
import { lockHolder } from '../../state/lock.js';
import { cronProgram, cronService } from '../control-plane/cron.js';
import type { Running } from '../control-plane/running.js';
import { standingOf } from '../control-plane/status.js';
import { localReleaseArchive } from '../files/local-release-archive.js';
import { positionSince } from '../files/position-since.js';
import { paths } from '../layout.js';
import { certificateFile } from '../parts.js';
import type { Supervisor } from '../supervisor.js';
import { originOf } from '../web/web-instance.js';
import type { MetricFacts } from './metrics.js';

/** An instance that is well answers in milliseconds; all of it must fit into Prometheus's patience. */
const answerMs = 1_000;
/** Looking through all processes of the machine takes some milliseconds, in which nothing else is done. */
const processesEveryMs = 15_000;

/** Looks at everything that the control plane supervises. Takes two seconds at most, when something hangs. */
export class MetricsGatherer {
  #runners = { at: Number.NEGATIVE_INFINITY, count: 0 };

  /** @param diedAt when a server last died that nobody stopped, in ms since 1970 */
  constructor(private readonly diedAt: (server: string) => number | undefined) {}

  async gather(running: Running): Promise<MetricFacts> {
    const { parts, supervisor } = running;
    const { layout, site } = parts;
    const [standing, edition, promotion, drill, disk, certificateEndsAt, insides] = await Promise.all([
      standingOf(running),
      localReleaseArchive(layout.stateDir).currentEdition(),
      lockHolder(paths.promotionLock(layout)),
      lockHolder(paths.drillLock(layout)),
      statfs(layout.stateDir),
      certificateEnd(certificateFile(layout)),
      serversOf(running),
    ]);
    const { dev, prod } = standing.environments;
    const instances = [
      ...dev.instances.map((one) => ({ ...one, environment: 'dev' as const, edition: null })),
      ...prod.instances.map((one) => ({ ...one, environment: 'prod' as const })),
    ];
    return {
      servers: this.#servers(supervisor),
      instances: instances.map(({ id, environment, state, edition: serves }) => ({
        id,
        environment,
        // One that is drained on purpose is well.
        healthy: state === 'healthy' || state === 'draining',
        editionLate: environment === 'prod' && state === 'healthy' && serves !== (edition?.id ?? null),
        ...(insides.get(id) ?? nothingSaid),
      })),
      instancesWanted: {
        dev: site.environments.dev.capacity.min,
        prod: site.environments.prod.capacity.min,
      },
      database: databaseOf(running, standing, edition, promotion !== undefined),
      edition: edition && {
        id: edition.id,
        replicas: edition.replicas.length,
        positionAgeSeconds: await positionAge(layout.stateDir, edition),
      },
      work: { promotion: promotion !== undefined, drill: drill !== undefined },
      disk: { freeBytes: disk.bavail * disk.bsize, sizeBytes: disk.blocks * disk.bsize },
      certificateEndsAt,
      cron: await this.#cron(running),
      processors: availableParallelism(),
    };
  }

  #servers(supervisor: Supervisor): MetricFacts['servers'] {
    return supervisor.services().map(({ name, kind }) => {
      const process = supervisor.record(name)?.process;
      const up = supervisor.isRunning(name);
      return {
        name,
        kind,
        up,
        diedAt: this.diedAt(name),
        cpuSeconds: up && process ? readProcess(process.pid)?.cpuSeconds : undefined,
      };
    });
  }

  async #cron({ parts, supervisor }: Running, now = performance.now()): Promise<MetricFacts['cron']> {
    const started = await supervisor.records.lastStart(cronService);
    if (started === undefined) return undefined;
    if (now - this.#runners.at > processesEveryMs) {
      const program = cronProgram(paths.devRoot(parts.layout));
      // The leader of the group, so that a job's own children are not counted.
      const found = allProcesses().filter(
        ({ pid, name }) => name.startsWith('php') && commandLine(pid).includes(program),
      );
      this.#runners = { at: now, count: found.length };
    }
    return { startedAt: Date.parse(started), runners: this.#runners.count };
  }
}

/**
 * A replica leaks when it answers for prod and is not where prod's edition is. While something holds the promotions'
 * lock, positions and gates are its business.
 */
function databaseOf(
  { databases }: Running,
  { environments }: Pick<PlatformStatus, 'environments'>,
  edition: Edition | undefined,
  isPromoting: boolean,
): MetricFacts['database'] {
  const status = databases?.status;
  if (!status) return undefined;
  const isLeaking = ({ id, gate, position }: PlatformStatus['environments']['prod']['replicas'][number]) =>
    edition?.replicas.includes(id) === true &&
    !edition.following &&
    !isPromoting &&
    gate !== 'unreachable' &&
    (gate !== 'closed' || position !== (edition.position ?? null));
  return {
    state: status.state,
    primary: status.primary,
    servers: status.servers.map(({ id, role, up }) => ({ id, role, answers: up })),
    replicas: environments.prod.replicas.map((replica) => ({
      id: replica.id,
      gate: replica.gate,
      leaked: isLeaking(replica),
      behindTransactions: replica.behindTransactions,
    })),
  };
}

/** In seconds. */
async function positionAge(stateDir: string, edition: Edition): Promise<number | undefined> {
  const since = await positionSince(stateDir, edition);
  return since === undefined ? undefined : Math.max(0, (Date.now() - Date.parse(since)) / 1000);
}

async function certificateEnd(file: string): Promise<number | undefined> {
  const pem = await readFile(file, 'utf8').catch(() => undefined);
  return pem === undefined ? undefined : Date.parse(new X509Certificate(pem).validTo);
}

type Insides = Pick<MetricFacts['instances'][number], 'php' | 'nginxConnections'>;
const nothingSaid: Insides = { php: undefined, nginxConnections: undefined };

/** What nginx and PHP-FPM of each instance say of themselves. */
async function serversOf({ instances }: Running): Promise<ReadonlyMap<string, Insides>> {
  const all = environmentNames.flatMap((environment) => instances.wanted(environment));
  const found = await Promise.all(
    all.map(async (instance) => {
      const answers = new InstanceAnswers(originOf(instance), answerMs);
      const [nginx, php, degraded] = await Promise.all([answers.nginx(), answers.php(), answers.degraded()]);
      return [instance.id, { nginxConnections: nginx?.open, php: php && degraded && phpFacts(php, degraded) }] as const;
    }),
  );
  return new Map(found);
}

const phpFacts = ({ waiting, busy }: PhpStatus, degraded: readonly string[]): Insides['php'] => ({
  listenQueue: waiting,
  activeProcesses: busy,
  opcacheFull: degraded.includes('OPcache is full'),
});
