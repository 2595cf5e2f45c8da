import { chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { alarmsOf } from '../../monitoring/alarms.js';
import { alertmanagerConfiguration, mailTemplate } from '../../monitoring/alertmanager.js';
import { prometheusConfiguration, prometheusRules } from '../../monitoring/prometheus.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { paths } from '../layout.js';
import { ports } from '../network/hosts.js';
import type { SiteParts } from '../parts.js';
import { addressOf, machineName, mailRoute, monitoringFiles } from './settings.js';

/** Whose configuration changed since it was last written: it has to be started anew. */
export interface ChangedConfiguration {
  readonly prometheus: boolean;
  readonly alertmanager: boolean;
}

/** Writes what Prometheus, Alertmanager and the exporters are started with. May be repeated. */
export async function writeMonitoringConfiguration(parts: SiteParts): Promise<ChangedConfiguration> {
  const { layout, site, hosts, accounts } = parts;
  await ownFolder(parts, paths.monitoring(layout));
  await ownFolder(parts, paths.mail(layout));
  await ownFolder(parts, monitoringFiles.prometheusData(layout));
  await ownFolder(parts, monitoringFiles.alertmanagerData(layout));
  const write = (file: string, content: string) => writeIfChanged(file, content, accounts.mon);
  // JSON is YAML, and needs no library to be written.
  const document = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  const alarms = alarmsOf(site.alarms);
  const rules = await write(monitoringFiles.rules(layout), document(prometheusRules(alarms)));
  const prometheus = await write(
    monitoringFiles.prometheus(layout),
    document(prometheusConfiguration(site.name, monitoringFiles.rules(layout), targetsOf(parts))),
  );
  const template = await write(monitoringFiles.template(layout), mailTemplate(site.name, machineName()));
  const alertmanager = await write(
    monitoringFiles.alertmanager(layout),
    document(alertmanagerConfiguration(mailRoute(layout, site, hosts), monitoringFiles.template(layout))),
  );
  for (const { id, address, port } of parts.database?.servers ?? []) {
    await write(monitoringFiles.exporter(layout, id), loginOf(address, port, parts));
  }
  return { prometheus: rules || prometheus, alertmanager: template || alertmanager };
}

function targetsOf({ hosts, database }: SiteParts) {
  const { monitoring, balancerStats } = hosts;
  return {
    controlPlane: addressOf(monitoring.controlPlane, ports.metrics),
    balancers: {
      'haproxy-1': addressOf(balancerStats[0], ports.stats),
      'haproxy-2': addressOf(balancerStats[1], ports.stats),
    },
    databases: Object.fromEntries(
      (database?.servers ?? []).map(({ id, address }) => [id, addressOf(address, ports.databaseMetrics)]),
    ),
    alertmanager: addressOf(monitoring.alertmanager, ports.alertmanager),
  };
}

/** As the account that may only read counters. */
function loginOf(host: string, port: number, { secrets }: SiteParts): string {
  return `[client]\nhost=${host}\nport=${port}\nuser=monitor\npassword=${secrets.databases.monitor.reveal()}\n`;
}

async function ownFolder({ accounts: { mon } }: SiteParts, path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
  if (mon) await chown(path, mon.uid, mon.gid);
}

async function writeIfChanged(path: string, content: string, owner: SiteParts['accounts']['mon']): Promise<boolean> {
  if (content === (await readFile(path, 'utf8').catch(() => undefined))) return false;
  await writeFileAtomic(path, content, { mode: 0o600, owner });
  return true;
}
