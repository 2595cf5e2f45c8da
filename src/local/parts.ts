import { userInfo } from 'node:os';
import { join } from 'node:path';
import { hasDatabase } from '../site/cross-checks.js';
import type { EnvironmentName, Site } from '../site/schema.js';
import { Balancer } from './balancer/balancer.js';
import { type SiteDatabases, siteDatabases } from './database/site-databases.js';
import { type Layout, paths } from './layout.js';
import { accountFor } from './machine/accounts.js';
import { locatePrograms, type Programs } from './machine/find-programs.js';
import type { NetworkClaim } from './network/claim.js';
import { type Hosts, hostsOf } from './network/hosts.js';
import { ensureSecrets, type SiteSecrets } from './secrets.js';

/** Everything about a site on this machine that stands fixed while it runs. */
export interface SiteParts {
  readonly layout: Layout;
  readonly site: Site;
  readonly claim: NetworkClaim;
  readonly hosts: Hosts;
  readonly urls: Readonly<Record<EnvironmentName, string>>;
  readonly programs: Programs;
  readonly secrets: SiteSecrets;
  readonly accounts: {
    readonly db: ReturnType<typeof accountFor>;
    readonly lb: ReturnType<typeof accountFor>;
    readonly dev: ReturnType<typeof accountFor>;
    readonly prod: ReturnType<typeof accountFor>;
    readonly mon: ReturnType<typeof accountFor>;
  };
  readonly presentUser: { readonly user: string; readonly group: string };
  /** Undefined for a site without a database. */
  readonly database: SiteDatabases | undefined;
}

/** @throws code `program-missing`, `account-missing` */
export async function partsOf(layout: Layout, site: Site, claim: NetworkClaim): Promise<SiteParts> {
  const hosts = hostsOf(claim.network, site);
  const secrets = await ensureSecrets(layout);
  const accounts = {
    db: accountFor('db'),
    lb: accountFor('lb'),
    dev: accountFor('dev'),
    prod: accountFor('prod'),
    mon: accountFor('mon'),
  };
  const { username } = userInfo();
  return {
    layout,
    site,
    claim,
    hosts,
    urls: { dev: urlOf(site, 'dev', claim), prod: urlOf(site, 'prod', claim) },
    programs: locatePrograms(),
    secrets,
    accounts,
    presentUser: { user: username, group: username },
    database: hasDatabase(site)
      ? siteDatabases({ layout, hosts, site, passwords: secrets.databases, account: accounts.db })
      : undefined,
  };
}

/** An environment's address, without a slash at its end. */
export function urlOf(site: Site, environment: EnvironmentName, { httpsPort }: NetworkClaim): string {
  return `https://${site.environments[environment].domain}${httpsPort === 443 ? '' : `:${httpsPort}`}`;
}

/** The file with certificate and key that the balancer reads. */
export const certificateFile = (layout: Layout) => join(paths.balancer(layout), 'certificate.pem');

/** The site's balancer, with every instance that the definition can ask for as a server that gets no traffic yet. */
export function balancerOf({ layout, site, claim, hosts, programs, accounts, database }: SiteParts): Balancer {
  const slots = (environment: EnvironmentName) =>
    Array.from({ length: site.environments[environment].capacity.max }, (_, index) => {
      const { id, address } = hosts.instance(environment, index + 1);
      return { id, address, mode: 'maint' as const };
    });
  const addresses = (kind: 'cluster' | 'replica') =>
    Object.fromEntries(
      (database?.servers ?? []).filter((one) => one.kind === kind).map(({ id, address }) => [id, address]),
    );
  const folder = paths.balancer(layout);
  return new Balancer({
    program: programs.haproxy,
    stateFile: paths.balancerState(layout),
    frame: {
      domains: { dev: site.environments.dev.domain, prod: site.environments.prod.domain },
      httpPort: claim.httpPort,
      httpsPort: claim.httpsPort,
      certificateFile: certificateFile(layout),
      primaryEndpoint: hosts.primaryEndpoint,
      replicaEndpoint: hosts.replicaEndpoint,
      cluster: addresses('cluster'),
      replicas: addresses('replica'),
    },
    processes: (['haproxy-1', 'haproxy-2'] as const).map((name, index) => ({
      name,
      statsAddress: hosts.balancerStats[index as 0 | 1],
      adminSocket: join(paths.runtime(layout, 'lb'), `${name}.sock`),
      configFile: join(folder, `${name}.cfg`),
    })),
    initial: {
      web: { dev: slots('dev'), prod: slots('prod') },
      primary: 'db-1',
      weights: Object.fromEntries(Object.keys(addresses('replica')).map((id) => [id, 100])),
    },
    account: accounts.lb,
    logFile: (name) => paths.log(layout, name),
    requestsFile: (name) => paths.requests(layout, name),
  });
}
