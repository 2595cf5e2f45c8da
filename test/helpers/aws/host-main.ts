import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeClients } from '../../../src/aws/deployment/make-clients.js';
import { awsFleet } from '../../../src/aws/operate/fleet/aws-fleet.js';
import { Canary } from '../../../src/aws/operate/fleet/canary.js';
import { Members } from '../../../src/aws/operate/fleet/members.js';
import { awsTraffic } from '../../../src/aws/operate/fleet/traffic.js';
import { act } from '../../../src/cli/host/actions.js';
import { openHost } from '../../../src/cli/host/open-host.js';
import type { Account } from '../../../src/process/run.js';

/**
 * The program of the operations host (`src/cli/host/main.ts`) with another canary: accounts and paths of the image are
 * not on this machine. Which ones there are instead stands in `canary.json` beside the host's state.
 */
interface CanaryHere {
  readonly image: string;
  readonly address: string;
  readonly account?: Account;
}

const [hostFile = '', action = ''] = process.argv.slice(2);
try {
  const host = await openHost(hostFile, async ({ of, bucket, stateDir }) => {
    const here = JSON.parse(readFileSync(join(stateDir, 'canary.json'), 'utf8')) as CanaryHere;
    const canary = new Canary({
      site: of.site.name,
      instanceFolder: here.image,
      folder: join(stateDir, 'canary'),
      runDir: join(stateDir, 'canary-run'),
      address: here.address,
      account: here.account,
      variables: { APP_KIND: 'php', DEV_URL: `https://${of.domains.dev}`, PHP_FPM: 'php-fpm8.2' },
      writeConfiguration: async () => undefined,
      bucket,
    });
    const clients = makeClients(of.region);
    const members = new Members(of.site.name, clients);
    const jobs = { hold: async () => undefined, release: async () => undefined };
    const fleet = awsFleet({ bucket, members, canary, jobs });
    return { fleet, traffic: awsTraffic({ fleet, members, clients }) };
  });
  process.exit(await act(host, action));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
}
