import { readFile } from 'node:fs/promises';
import type { Ground } from '../drills/stage.js';
import { authorityFile } from '../local/balancer/certificate.js';
import { authorityDir } from '../local/control-plane/bring-up.js';
import { localFaults } from '../local/faults.js';
import { layoutFor } from '../local/layout.js';
import { localPlatform } from '../local/local-platform.js';
import { networkOf } from '../local/network/claim.js';
import { hostsOf } from '../local/network/hosts.js';
import { ensureSecrets } from '../local/secrets.js';
import { refusal } from '../output/errors.js';
import type { CommandContext } from './command.js';
import { readStatus } from './read-status.js';
import { startPromotion } from './start-promotion.js';
import { Terminal } from './terminal.js';

/** Names of this machine resolve in browsers only. */
const balancerAddress = '127.0.0.1';

/** The platform on this machine, as drills see it. @throws refusal `not-up` */
export async function drillGround(context: CommandContext): Promise<Ground> {
  const layout = layoutFor(context.configFile);
  const platform = await localPlatform(layout);
  const claim = await networkOf(layout);
  if (!claim)
    throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  const { site, urls } = platform;
  const authority = await readFile(authorityFile(authorityDir({ layout })), 'utf8');
  const { adminPassword } = await ensureSecrets(layout);
  const place = (url: string) => ({ url, address: balancerAddress, authority });
  // What a promotion says about its steps is not what is asked for here.
  const quietly: CommandContext = { ...context, terminal: new Terminal({ json: true, quiet: true, verbose: false }) };
  return {
    site,
    platform,
    faults: localFaults(layout, hostsOf(claim.network, site)),
    status: () => readStatus(context.configFile),
    places: { dev: place(urls.dev), prod: place(urls.prod) },
    login: site.app.kind === 'wordpress' ? { user: site.app.adminUser, password: adminPassword } : undefined,
    promote: async ({ bakeSeconds }) => {
      const { outcome, error } = await startPromotion(quietly, { kind: 'promote', bakeSeconds, force: false });
      return { outcome, problem: error?.message };
    },
  };
}
