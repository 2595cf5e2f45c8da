import type { DatabaseState } from '../../platform/databases.js';
import { editionStatus, isAheadOfEdition, type PlatformStatus, type Problem } from '../../platform/status.js';
import { replicaStatus } from '../database/replica-status.js';
import { localReleaseArchive } from '../files/local-release-archive.js';
import { lastError } from '../last-error.js';
import { watchOf } from '../monitoring/raised-alarms.js';
import type { FailingService } from '../supervisor.js';
import type { Running, RunningDatabases } from './running.js';

type Standing = Omit<PlatformStatus, 'alarms' | 'monitoring'>;

/** Where everything stands, as it is seen now. A server that does not answer is told as such, not waited for. */
export async function statusOf(running: Running): Promise<PlatformStatus> {
  const [standing, { watching, missing, alarms }] = await Promise.all([standingOf(running), watchOf(running.parts)]);
  return { ...standing, monitoring: { watching, missing }, alarms };
}

/** The same without alarms, for whoever tells those who raise them. */
export async function standingOf(running: Running): Promise<Standing> {
  const { parts, supervisor, balancer, databases, instances, counts } = running;
  const [dev, prod, edition, replicas] = await Promise.all([
    instances.list('dev'),
    instances.list('prod'),
    localReleaseArchive(parts.layout.stateDir).currentEdition(),
    databases ? replicaStatus(databases.site, balancer.state.weights, writtenBy(databases)) : [],
  ]);
  return {
    site: parts.site.name,
    target: 'local',
    supervised: true,
    environments: {
      dev: {
        url: parts.urls.dev,
        capacity: counts.status('dev'),
        instances: dev.map(({ id, zone, state }) => ({ id, zone, state })),
        database: databases ? databaseOf(databases) : null,
      },
      prod: {
        url: parts.urls.prod,
        capacity: counts.status('prod'),
        edition: edition ? editionStatus(edition) : null,
        aheadOfEdition: isAheadOfEdition(edition, replicas),
        instances: prod.map(({ id, zone, state, edition: serves }) => ({ id, zone, state, edition: serves ?? null })),
        replicas,
      },
    },
    problems: await problemsOf(databases, supervisor.failing()),
  };
}

const writtenBy = ({ status }: RunningDatabases) => status?.servers.find(({ role }) => role === 'primary')?.position;

function databaseOf({ status }: RunningDatabases): PlatformStatus['environments']['dev']['database'] {
  if (!status) return { primary: 'db-1', standby: null, state: 'down' satisfies DatabaseState };
  const { primary, standby, state } = status;
  return { primary, standby: state === 'redundant' ? standby : null, state };
}

async function problemsOf(
  databases: RunningDatabases | undefined,
  failing: readonly FailingService[],
): Promise<readonly Problem[]> {
  const ofServices = failing.map(async ({ name, since, deaths, logFile }) => {
    const text = `It cannot start: it has died ${deaths} times. ${await lastError(logFile)}`.trim();
    return { subject: name, since, text };
  });
  const ofDatabase = databases?.problem ? [{ subject: 'database', ...databases.problem }] : [];
  return [...ofDatabase, ...(await Promise.all(ofServices))];
}
