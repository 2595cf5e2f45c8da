import type { SiteParts } from '../parts.js';
import type { Supervisor } from '../supervisor.js';
import { writeMonitoringConfiguration } from './configuration.js';
import { monitoringServices } from './services.js';

/**
 * Starts everything that watches the site, or starts anew what is to watch it otherwise than before. Nobody waits until
 * it does: the site is up without it. What the machine or the site has no longer is stopped.
 */
export async function startMonitoring(parts: SiteParts, supervisor: Supervisor): Promise<void> {
  const changed = await writeMonitoringConfiguration(parts);
  const services = monitoringServices(parts);
  const wanted = new Set(services.map(({ name }) => name));
  const others = (await supervisor.records.names('monitoring')).filter((name) => !wanted.has(name));
  await Promise.all([
    ...others.map((name) => supervisor.stop({ name })),
    ...services.map(async (service) => {
      const isOutdated = service.name in changed && changed[service.name as keyof typeof changed];
      if (isOutdated && (await supervisor.records.find(service.name))) await supervisor.restart(service);
      else await supervisor.ensure(service);
    }),
  ]);
}
