import { refusal } from '../output/errors.js';
import type { AccessLogs } from '../platform/access-logs.js';
import type { Site } from '../site/schema.js';

/**
 * The access logs of a site, wherever it runs. They can be read while it is down.
 * @throws refusal `not-up` for a site that has never been up
 */
export async function accessLogsOf(configFile: string): Promise<{ readonly site: Site; readonly logs: AccessLogs }> {
  const { layoutFor } = await import('../local/layout.js');
  const { readSite } = await import('../local/site/applied-site.js');
  const { networkOf } = await import('../local/network/claim.js');
  const { hostsOf } = await import('../local/network/hosts.js');
  const { siteAccessLogs } = await import('../local/access-log/site-access-logs.js');
  const layout = layoutFor(configFile);
  const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
  if (!site || !claim) {
    throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  }
  return { site, logs: siteAccessLogs({ layout, site, hosts: hostsOf(claim.network, site) }) };
}
