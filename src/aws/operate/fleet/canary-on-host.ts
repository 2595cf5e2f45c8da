import { join } from 'node:path';
import { run } from '../../../process/run.js';
import type { AwsSite } from '../../../site/aws-site.js';
import { mediaPathOf } from '../../../site/cross-checks.js';
import { writeFileAtomic } from '../../../state/atomic-file.js';
import { variablesOf } from '../../agent/host.js';
import { databaseSecretName, imageAccounts, replicasName, serverName, settingsSecretName } from '../../naming.js';
import type { Bucket } from '../bucket.js';
import { Canary } from './canary.js';

export interface CanaryOnHostOptions {
  readonly of: AwsSite;
  readonly bucket: Bucket;
  /** Of this host, `/etc/understudy/host.conf`: where the schema is, and which programs there are. */
  readonly hostFile: string;
  readonly stateDir: string;
  readonly mediaFiles: string;
  /** Default `/opt/understudy/instance`. */
  readonly instanceFolder?: string;
}

/** Of its own on the loopback: whatever else answers on this host does so at 127.0.0.1. */
const address = '127.0.0.80';

/** The canary as the image of a host allows for: prod's account, prod's configuration out of prod's secrets. */
export async function canaryOnHost(options: CanaryOnHostOptions): Promise<Canary> {
  const { of, bucket, stateDir, mediaFiles, instanceFolder = '/opt/understudy/instance' } = options;
  const host = await variablesOf(options.hostFile);
  const { site, domains } = of;
  const { app } = site;
  const media = mediaPathOf(site);
  const { name, id } = imageAccounts.prod;
  const prodFile = join(stateDir, 'canary.conf');
  return new Canary({
    site: site.name,
    instanceFolder,
    folder: join(stateDir, 'canary'),
    runDir: '/run/understudy-canary',
    address,
    account: { name, uid: id, gid: id },
    variables: {
      APP_KIND: app.kind,
      MEDIA_PATH: media,
      MEDIA_DIR: media === undefined ? undefined : mediaFiles,
      PUBLIC_PATH: app.kind === 'php' ? app.publicPath : undefined,
      HEALTH_PATH: app.kind === 'php' ? app.healthPath : undefined,
      DEV_URL: `https://${domains.dev}`,
      NGINX: host.get('NGINX'),
      PHP_FPM: host.get('PHP_FPM'),
    },
    async writeConfiguration(folder) {
      await writeFileAtomic(prodFile, prodHostFile(of, host), { mode: 0o600 });
      await run(join(instanceFolder, 'aws/write-prod-config'), [prodFile, folder]);
    },
    bucket,
  });
}

/** This host's own file with what prod's instances are told in place of dev's. */
function prodHostFile({ site, domains }: AwsSite, host: ReadonlyMap<string, string>): string {
  const { name } = site;
  const same = ['SITE', 'REGION', 'APP_KIND', 'SCHEMA', 'TABLE_PREFIX', 'SALTS_SECRET', 'PHP'];
  const variables = new Map<string, string>(same.flatMap((key) => (host.has(key) ? [[key, host.get(key) ?? '']] : [])));
  variables.set('ROLE', 'prod');
  variables.set('URL', `https://${domains.prod}`);
  variables.set('OTHER_URL', `https://${domains.dev}`);
  if (host.has('DATABASE_HOST')) {
    variables.set('DATABASE_HOST', serverName(name, replicasName));
    variables.set('DATABASE_SECRET', databaseSecretName(name, 'prod'));
    variables.set('SETTINGS_SECRET', settingsSecretName(name, 'prod'));
  }
  return [...variables].map(([key, value]) => `${key}=${value}\n`).join('');
}
