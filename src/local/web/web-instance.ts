import { statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InstanceAnswers, type PhpStatus } from '../../platform/instance-answers.js';
import type { Account } from '../../process/run.js';
import { mediaPathOf } from '../../release/rules.js';
import type { EnvironmentName, Site } from '../../site/schema.js';
import { type Layout, paths } from '../layout.js';
import { canaryId, type Host, ports } from '../network/hosts.js';
import type { Service } from '../service-record.js';

/** One web instance: nginx and PHP-FPM at an address of their own. */
export interface WebInstance {
  readonly id: string;
  readonly environment: EnvironmentName;
  readonly zone: string;
  readonly address: string;
  /** Everything that it has for itself. */
  readonly root: string;
  readonly runDir: string;
  /** What boot and the release agent are told about it. */
  readonly envFile: string;
}

export function webInstance(layout: Layout, environment: EnvironmentName, host: Host & { id: string }): WebInstance {
  return {
    id: host.id,
    environment,
    zone: host.zone,
    address: host.address,
    root: paths.instance(layout, host.id),
    runDir: paths.runtime(layout, host.id),
    // Beside the instance's directory, not in it: it is removed last.
    envFile: `${paths.instance(layout, host.id)}.env`,
  };
}

export const originOf = ({ address }: WebInstance) => `http://${address}:${ports.web}`;
export const previewOriginOf = ({ address }: WebInstance) => `http://${address}:${ports.preview}`;

/** How many requests PHP works on at once in an instance, at most. */
export const phpWorkers = 8;

/** What PHP says of its workers. Asked every second, so one that is slow to answer is not waited for. */
export const phpOf = (origin: string): Promise<PhpStatus | undefined> => new InstanceAnswers(origin, 500).php();

export interface InstanceSettings {
  readonly layout: Layout;
  readonly site: Site;
  readonly devUrl: string;
  readonly nginx: string;
  readonly phpFpm: string;
  readonly account: { readonly user: string; readonly group: string };
}

/** The file that describes the instance; instance/README.md has the meaning of every line. */
export function environmentText(instance: WebInstance, settings: InstanceSettings): string {
  const { layout, site, devUrl, nginx, phpFpm, account } = settings;
  const { app } = site;
  const inProd = instance.environment === 'prod';
  const media = mediaPathOf(app);
  const variables: Record<string, string | number | undefined> = {
    INSTANCE_ID: instance.id,
    ENVIRONMENT: instance.environment,
    ADDRESS: instance.address,
    PORT: ports.web,
    PREVIEW_PORT: ports.preview,
    ROOT: instance.root,
    RUN_DIR: instance.runDir,
    WEB_USER: account.user,
    WEB_GROUP: account.group,
    APP_KIND: app.kind,
    DOCUMENT_ROOT: inProd ? undefined : paths.devRoot(layout),
    CONFIG_DIR: inProd ? paths.configDir(layout, 'prod') : undefined,
    MEDIA_DIR: inProd && media !== undefined ? paths.prodMedia(layout) : undefined,
    MEDIA_PATH: media,
    PUBLIC_PATH: app.kind === 'php' ? app.publicPath : undefined,
    HEALTH_PATH: app.kind === 'php' ? app.healthPath : undefined,
    DEV_URL: devUrl,
    // The balancer, and this program's own checks, come from the machine itself.
    TRUSTED_PROXIES: '127.0.0.0/8',
    PAGE_LOGS: instance.id === canaryId ? 'yes' : undefined,
    OWN_DISK: hasOwnDisk(instance) ? 'yes' : undefined,
    NGINX: nginx,
    NGINX_WORKERS: 1,
    PHP_FPM: phpFpm,
    PHP_WORKERS: phpWorkers,
  };
  return Object.entries(variables)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Whether something is mounted for it alone. Usually all share the disk of the state. */
function hasOwnDisk({ root }: WebInstance): boolean {
  const [own, around] = [root, dirname(root)].map((path) => statSync(path, { throwIfNoEntry: false })?.dev);
  return own !== undefined && own !== around;
}

/** Less room than this on its own disk, and it is not well: instance/health/health.php. */
const leastFreeBytes = 16 * 1024 * 1024;

/** Whether that is what it lacks. False where all instances share a disk: then none of them can make room. */
export function hasFullDisk(instance: WebInstance): boolean {
  if (!hasOwnDisk(instance)) return false;
  const { bavail, bsize } = statfsSync(instance.root);
  return bavail * bsize < leastFreeBytes;
}

/** PHP before nginx: an instance that answers can answer everything. */
export function instanceServices(
  layout: Layout,
  { id, root }: WebInstance,
  programs: { readonly nginx: string; readonly phpFpm: string },
  account: Account | undefined,
): readonly [php: Service, nginx: Service] {
  const service = (name: 'php-fpm' | 'nginx', program: string, mark: string): Service => ({
    name: `${id}.${name}`,
    kind: 'web',
    program,
    mark,
    daemon: {
      program: join(root, `run-${name}`),
      args: [],
      cwd: '/',
      logFile: paths.log(layout, `${id}.${name}`),
      as: account,
    },
    // Both finish the requests that they have.
    stop: { stopSignal: 'SIGQUIT', graceMs: 3_000 },
  });
  return [
    service('php-fpm', programs.phpFpm, join(root, 'etc/php-fpm.conf')),
    service('nginx', programs.nginx, join(root, 'etc/nginx.conf')),
  ];
}
