import { existsSync } from 'node:fs';
import { run } from '../../process/run.js';
import type { Privileged } from './privileged.js';

/** What packages would have the system start at boot. */
export interface Services {
  /** Of systemd: `nginx.service`, `phpsessionclean.timer`. */
  readonly units: readonly string[];
  /** Of /etc/init.d. */
  readonly scripts: readonly string[];
}

/** The services in a list of a package's files. Templates (`name@.service`) run nothing by themselves. */
export function servicesIn(files: readonly string[]): Services {
  const named = (pattern: RegExp) => [...new Set(files.flatMap((file) => pattern.exec(file)?.[1] ?? []))].sort();
  return {
    units: named(/^(?:\/usr)?\/lib\/systemd\/system\/([^/@]+\.(?:service|socket|timer|path))$/),
    scripts: named(/^\/etc\/init\.d\/([^/]+)$/),
  };
}

/**
 * Takes what these packages brought out of the system's start. Packages that are not here are passed over.
 * To be called for packages that were just installed by us alone: it would take away what a user has switched on.
 */
export async function disableServices(packages: readonly string[], privileged: Privileged): Promise<Services> {
  const services = servicesIn(await filesOf(packages));
  const systemctl = ['/usr/bin/systemctl', '/bin/systemctl'].find((path) => existsSync(path));
  if (services.units.length > 0) {
    // A unit that cannot be enabled (a static one) is not enabled: nothing to do, and an error of some versions.
    const accept = [0, 1];
    if (systemctl) await privileged(systemctl, ['--quiet', 'disable', ...services.units], { accept });
    else await privileged('deb-systemd-helper', ['disable', ...services.units], { accept });
  }
  for (const script of services.scripts) await privileged('update-rc.d', [script, 'disable']);
  return services;
}

async function filesOf(packages: readonly string[]): Promise<readonly string[]> {
  if (packages.length === 0) return [];
  // It ends with 1 if one of them is not installed, and lists the others.
  const { stdout } = await run('dpkg-query', ['-L', ...packages], { accept: [0, 1], env: { LC_ALL: 'C' } });
  return stdout.split('\n');
}
