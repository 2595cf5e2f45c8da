import { existsSync } from 'node:fs';
import { refusal } from '../output/errors.js';
import type { PlatformStatus } from '../platform/status.js';
import { environmentNames, type Site } from '../site/schema.js';
import { localReleaseArchive } from './files/local-release-archive.js';
import type { Layout } from './layout.js';
import { networkOf } from './network/claim.js';
import { clusterServers, hostsOf, replicaServers } from './network/hosts.js';
import { hasDatabase, urlOf } from './parts.js';
import { readSite } from './site/applied-site.js';

/**
 * What can be said of a site while no control plane runs: what it consists of, and what prod would serve.
 * @throws refusal `not-up` for a site that has never been up; usage `definition-missing`
 */
export async function unsupervisedStatus(layout: Layout): Promise<PlatformStatus> {
  const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
  if (!site || !claim) {
    const missing = !existsSync(layout.configFile);
    throw refusal({
      code: missing ? 'definition-missing' : 'not-up',
      message: missing ? `There is no definition ${layout.configFile}.` : 'This site has never been up.',
      remedy: missing ? 'Write one with `understudy init`, or name one with --config.' : 'Run `understudy up`.',
    });
  }
  const hosts = hostsOf(claim.network, site);
  const edition = await localReleaseArchive(layout.stateDir).currentEdition();
  const [dev, prod] = environmentNames.map((environment) => stoppedInstances(site, environment, hosts));
  return {
    site: site.name,
    target: 'local',
    supervised: false,
    environments: {
      dev: {
        url: urlOf(site, 'dev', claim),
        instances: dev ?? [],
        database: hasDatabase(site) ? { primary: clusterServers[0] ?? '', standby: null, state: 'down' } : null,
      },
      prod: {
        url: urlOf(site, 'prod', claim),
        edition: edition ? { id: edition.id, release: edition.release, position: edition.position ?? null } : null,
        instances: (prod ?? []).map((instance) => ({ ...instance, edition: null })),
        replicas: (hasDatabase(site) ? replicaServers : []).map((id) => ({
          id,
          zone: hosts.database[id]?.zone ?? '',
          gate: 'unreachable',
          position: null,
          weight: 0,
          behindTransactions: null,
        })),
      },
    },
    alarms: [],
  };
}

function stoppedInstances(site: Site, environment: 'dev' | 'prod', hosts: ReturnType<typeof hostsOf>) {
  const { min } = site.environments[environment].capacity;
  return Array.from({ length: min }, (_, index) => {
    const { id, zone } = hosts.instance(environment, index + 1);
    return { id, zone, state: 'stopped' as const };
  });
}
