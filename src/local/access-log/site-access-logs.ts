import { createHash } from 'node:crypto';
import type { Site } from '../../site/schema.js';
import { type Layout, paths } from '../layout.js';
import type { Hosts } from '../network/hosts.js';
import { LocalAccessLogs, type LocalAccessLogsOptions } from './local-access-logs.js';
import { AccessLogPublisher } from './publish.js';
import { SpoolProgress } from './spool.js';

export interface SiteAccessLogsOptions {
  readonly layout: Layout;
  readonly site: Pick<Site, 'name' | 'accessLogs'>;
  readonly hosts: Pick<Hosts, 'balancerStats'>;
}

/** Who reads a site's access logs. */
export const siteAccessLogs = (options: SiteAccessLogsOptions) => new LocalAccessLogs(common(options));

/** Who writes them: the control plane alone. */
export const siteAccessLogPublisher = (options: SiteAccessLogsOptions) =>
  new AccessLogPublisher({ ...common(options), retentionDays: options.site.accessLogs.retentionDays });

/** Names where AWS has names; there is no account here. */
function common({ layout, site, hosts }: SiteAccessLogsOptions): LocalAccessLogsOptions {
  const { name } = site;
  const id = createHash('sha256').update(layout.stateDir).digest('hex').slice(0, 16);
  return {
    folder: paths.accessLogs(layout),
    progress: new SpoolProgress(paths.accessLogState(layout)),
    spools: hosts.balancerStats.map((address, index) => {
      const process = `haproxy-${index + 1}`;
      return { name: process, file: paths.requests(layout, process), address };
    }),
    names: {
      balancer: `app/${name}/${id}`,
      targetGroups: { dev: `targetgroup/${name}-dev/${id}`, prod: `targetgroup/${name}-prod/${id}` },
    },
    writer: { account: '000000000000', region: 'local', balancer: `app.${name}.${id}` },
  };
}
