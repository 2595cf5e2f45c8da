import type { DatabaseState, GateStatus } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import { sequenceOf } from '../../platform/position.js';
import type { PlatformStatus } from '../../platform/status.js';
import { localReleaseArchive } from '../files/local-release-archive.js';
import type { Running, RunningDatabases } from './running.js';

type Prod = PlatformStatus['environments']['prod'];

/** Where everything stands, as it is seen now. A server that does not answer is told as such, not waited for. */
export async function statusOf({ parts, balancer, databases, instances }: Running): Promise<PlatformStatus> {
  const [dev, prod, edition, replicas] = await Promise.all([
    instances.list('dev'),
    instances.list('prod'),
    localReleaseArchive(parts.layout.stateDir).currentEdition(),
    databases ? replicasOf(databases, balancer.state.weights) : [],
  ]);
  return {
    site: parts.site.name,
    target: 'local',
    supervised: true,
    environments: {
      dev: {
        url: parts.urls.dev,
        instances: dev.map(({ id, zone, state }) => ({ id, zone, state })),
        database: databases ? databaseOf(databases) : null,
      },
      prod: {
        url: parts.urls.prod,
        edition: edition ? { id: edition.id, release: edition.release, position: edition.position ?? null } : null,
        instances: prod.map(({ id, zone, state, edition: serves }) => ({ id, zone, state, edition: serves ?? null })),
        replicas,
      },
    },
    alarms: [],
  };
}

function databaseOf({ status }: RunningDatabases): PlatformStatus['environments']['dev']['database'] {
  if (!status) return { primary: 'db-1', standby: null, state: 'down' satisfies DatabaseState };
  const { primary, standby, state } = status;
  return { primary, standby: state === 'redundant' ? standby : null, state };
}

async function replicasOf(
  { site, status }: RunningDatabases,
  weights: Readonly<Record<ServerId, number>>,
): Promise<Prod['replicas']> {
  const written = status?.servers.find(({ role }) => role === 'primary')?.position;
  const replicas = site.servers.filter(({ kind }) => kind === 'replica');
  return Promise.all(
    replicas.map(async ({ id, zone }) => {
      const seen: GateStatus | undefined = await site.gate.status(id).catch(() => undefined);
      return {
        id,
        zone,
        gate: seen?.gate ?? 'unreachable',
        position: seen?.position ?? null,
        weight: weights[id] ?? 0,
        behindTransactions:
          seen && written !== undefined ? Math.max(0, sequenceOf(written) - sequenceOf(seen.position)) : null,
      };
    }),
  );
}
