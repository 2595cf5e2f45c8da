import { existsSync } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { messageOf } from '../../output/errors.js';
import { type Report, reportTask } from '../../output/messages.js';
import type { WorkOptions } from '../../platform/work.js';
import type { Account } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';
import { mediaPathOf } from '../../release/rules.js';
import { environmentNames } from '../../site/schema.js';
import { writeJson } from '../../state/atomic-file.js';
import { lockHolder } from '../../state/lock.js';
import { ensureCertificate } from '../balancer/certificate.js';
import { makeSiteFolders } from '../folders.js';
import { paths } from '../layout.js';
import { missingMonitoring } from '../monitoring/services.js';
import { startMonitoring } from '../monitoring/start-monitoring.js';
import { certificateFile, type SiteParts } from '../parts.js';
import { prepareDev } from '../site/prepare-dev.js';
import type { Running, RunningDatabases } from './running.js';

/** The folder of the machine's own certificate authority. */
export const authorityDir = ({ layout }: Pick<SiteParts, 'layout'>) => `${layout.machineDir}/ca`;

/**
 * Brings everything up, in the order in which one thing needs another. What runs as it should is left alone, so it
 * may be called again at any time.
 */
export async function bringUp(running: Running, { report, signal }: WorkOptions): Promise<void> {
  const { parts, databases } = running;
  await makeFolders(parts);
  // Options and constants may be keys of somebody's payment service.
  await writeJson(paths.site(parts.layout), parts.site, { mode: 0o600 });
  await reportTask(report, 'balancer', 'Balancer: two processes, certificate', () => startBalancer(running, signal));
  if (databases) {
    const start = () => startDatabases(running, databases, signal);
    await reportTask(report, 'databases', 'Databases: primary, standby, two replicas', start, (lacks) => lacks);
  }
  await prepareDev(parts, { report, signal });
  await reportTask(report, 'instances', 'Web instances in dev and prod', () => startInstances(running, signal));
  await watch(running, report);
}

/** Folders that servers must enter or write. Those that hold data make their own. */
async function makeFolders({ layout, accounts, site }: SiteParts): Promise<void> {
  await makeSiteFolders(layout);
  await mkdir(paths.logs(layout), { recursive: true });
  await mkdir(paths.balancer(layout), { recursive: true });
  await ownFolder(paths.runtime(layout, 'lb'), accounts.lb);
  if (mediaPathOf(site.app) !== undefined) await mkdir(paths.prodMedia(layout), { recursive: true, mode: 0o755 });
}

async function ownFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
  if (account) await chown(path, account.uid, account.gid);
}

async function startBalancer({ parts, balancer, supervisor }: Running, signal: AbortSignal): Promise<void> {
  const { site, layout, programs, accounts } = parts;
  const renewed = await ensureCertificate({
    mkcert: programs.mkcert,
    authorityDir: authorityDir(parts),
    file: certificateFile(layout),
    domains: [site.environments.prod.domain, site.environments.dev.domain],
    account: accounts.lb,
    signal,
  });
  await balancer.load();
  const changed = await balancer.writeConfiguration();
  // One after the other, so that there is always one that takes connections.
  for (const service of balancer.services()) {
    if ((changed || renewed) && (await supervisor.records.find(service.name))) await supervisor.restart(service);
    else await supervisor.ensure(service);
    await balancer.waitUntilAnswering(service.name, signal);
  }
}

/**
 * Who has to be made a copy of another one is not waited for: that takes as long as the data is large, and a replica is
 * copied only once somebody looks after the site.
 * @returns what will be there later, in words; undefined if everything is there
 */
async function startDatabases(
  { parts, supervisor }: Running,
  databases: RunningDatabases,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { site, cluster, services } = databases;
  await site.prepare(signal);
  const lost = site.servers.filter(({ kind, dataDir }) => kind === 'replica' && !existsSync(dataDir)).map(idOf);
  for (const service of services) await supervisor.ensure(service);
  const missing = await waitUntil(
    async () => {
      await supervisor.tick();
      const now = await cluster.converge(signal);
      databases.status = now;
      const later = cluster.isRebuilding ? [...lost, now.standby] : lost;
      const isOpen = now.state === 'redundant' || (now.state === 'solo' && cluster.isRebuilding);
      return isOpen && now.servers.every(({ id, up }) => up || later.includes(id)) ? later : undefined;
    },
    {
      what: 'the databases to become redundant',
      deadlineMs: 60_000,
      signal,
      remedy: `Read db-1.log and the logs beside it in ${paths.logs(parts.layout)}.`,
    },
  );
  return missing.length > 0 ? `still to be copied: ${missing.join(', ')}` : undefined;
}

const idOf = ({ id }: { readonly id: string }) => id;

/** Last, because it would raise alarms about what is still starting. Without it the site is up all the same. */
async function watch({ parts, supervisor }: Running, report: Report): Promise<void> {
  const missing = missingMonitoring(parts);
  const without = missing.length > 0 ? `without ${missing.join(', ')}: see \`understudy doctor\`` : undefined;
  const start = () => startMonitoring(parts, supervisor);
  await reportTask(report, 'monitoring', 'Monitoring: Prometheus, Alertmanager, mail', start, () => without).catch(
    (error) => report({ kind: 'note', level: 'warning', text: `Nobody watches: ${messageOf(error)}` }),
  );
}

async function startInstances({ parts, instances, counts }: Running, signal: AbortSignal): Promise<void> {
  await counts.load();
  await Promise.all(environmentNames.map((environment) => instances.apply(environment, signal)));
  // A promotion that runs has use for its canary, also while the control plane is another one than it was.
  if (!(await lockHolder(paths.promotionLock(parts.layout)))) await instances.dismissLeftCanary();
}
