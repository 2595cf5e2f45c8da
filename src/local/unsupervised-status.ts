import { existsSync } from 'node:fs';
import { hasErrno, refusal } from '../output/errors.js';
import type { InstanceState } from '../platform/fleet.js';
import { editionStatus, isAheadOfEdition, type PlatformStatus } from '../platform/status.js';
import type { EnvironmentName } from '../site/schema.js';
import { replicaStatus } from './database/replica-status.js';
import type { SiteDatabases } from './database/site-databases.js';
import { localReleaseArchive } from './files/local-release-archive.js';
import type { Layout } from './layout.js';
import { watchOf } from './monitoring/raised-alarms.js';
import { networkOf } from './network/claim.js';
import { balancerOf, partsOf, type SiteParts } from './parts.js';
import { readSite } from './site/applied-site.js';
import { editionOn } from './web/editions-on-instance.js';
import { InstanceCounts } from './web/instance-counts.js';
import { originOf, type WebInstance, webInstance } from './web/web-instance.js';

/** How long an instance may take to say that it is well. */
const answerMs = 2_000;

/**
 * Where everything stands while no control plane runs: what is left of the site may well be serving, so every server
 * is asked itself.
 * @throws refusal `not-up` for a site that has never been up; `definition-missing` where there is no definition either
 */
export async function unsupervisedStatus(layout: Layout): Promise<PlatformStatus> {
  const parts = await partsOfSite(layout);
  const { site, urls, database } = parts;
  const balancer = balancerOf(parts);
  await balancer.load();
  const counts = new InstanceCounts(layout, site);
  await counts.load();
  const [dev, prod, edition, replicas, { watching, missing, alarms }] = await Promise.all([
    instancesOf(parts, 'dev', counts),
    instancesOf(parts, 'prod', counts),
    localReleaseArchive(layout.stateDir).currentEdition(),
    database ? replicaStatus(database, balancer.state.weights, undefined) : [],
    watchOf(parts),
  ]);
  return {
    site: site.name,
    target: 'local',
    supervised: false,
    environments: {
      dev: {
        url: urls.dev,
        capacity: counts.status('dev'),
        instances: dev.map(({ id, zone, state }) => ({ id, zone, state })),
        database: database ? await databaseOf(database) : null,
      },
      prod: {
        url: urls.prod,
        capacity: counts.status('prod'),
        edition: edition ? editionStatus(edition) : null,
        aheadOfEdition: isAheadOfEdition(edition, replicas),
        instances: prod,
        replicas,
      },
    },
    problems: [],
    monitoring: { watching, missing },
    alarms,
  };
}

async function partsOfSite(layout: Layout): Promise<SiteParts> {
  const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
  if (site && claim) return partsOf(layout, site, claim);
  const missing = !existsSync(layout.configFile);
  throw refusal({
    code: missing ? 'definition-missing' : 'not-up',
    message: missing ? `There is no definition ${layout.configFile}.` : 'This site has never been up.',
    remedy: missing ? 'Write one with `understudy init`, or name one with --config.' : 'Run `understudy up`.',
  });
}

function instancesOf({ layout, hosts }: SiteParts, environment: EnvironmentName, counts: InstanceCounts) {
  return Promise.all(
    Array.from({ length: counts.of(environment) }, async (_, index) => {
      const instance = webInstance(layout, environment, hosts.instance(environment, index + 1));
      const { id, zone } = instance;
      return { id, zone, state: await stateOf(instance), edition: (await editionOn(instance)) ?? null };
    }),
  );
}

/** Nobody listens: it is stopped. Somebody listens and does not say that it is well: it is not. */
async function stateOf(instance: WebInstance): Promise<InstanceState> {
  try {
    const answer = await fetch(`${originOf(instance)}/-/health`, {
      signal: AbortSignal.timeout(answerMs),
      redirect: 'manual',
    });
    await answer.body?.cancel();
    return answer.status === 200 ? 'healthy' : 'unhealthy';
  } catch (error) {
    const refused = error instanceof Error && hasErrno(error.cause, 'ECONNREFUSED');
    return refused ? 'stopped' : 'unhealthy';
  }
}

async function databaseOf({ databases }: SiteDatabases): Promise<PlatformStatus['environments']['dev']['database']> {
  const { primary, standby, state } = await databases.topology();
  return { primary, standby: state === 'redundant' ? (standby ?? null) : null, state };
}
