import { fileURLToPath } from 'node:url';
import { paths } from '../layout.js';
import { ports } from '../network/hosts.js';
import type { SiteParts } from '../parts.js';
import type { Service } from '../service-record.js';
import { addressOf, monitoringFiles } from './settings.js';

/** Go's collector runs more often than it would by itself, in exchange for half of the memory. */
const thrifty = (limit: string) => ({ GOGC: '50', GOMEMLIMIT: limit });

const exporterName = (server: string) => `exporter-${server}`;

/** What watches the site, as far as its programs are on this machine. The mail sink always is. */
export function monitoringServices(parts: SiteParts): readonly Service[] {
  const { prometheus, alertmanager, mysqldExporter } = parts.programs;
  return [
    mailSink(parts),
    ...(prometheus ? [prometheusService(prometheus, parts)] : []),
    ...(alertmanager ? [alertmanagerService(alertmanager, parts)] : []),
    ...(mysqldExporter ? exporters(mysqldExporter, parts) : []),
  ];
}

/** Programs of monitoring that this machine lacks, by the names of their packages. */
export function missingMonitoring({ programs }: Pick<SiteParts, 'programs'>): readonly string[] {
  return [
    ...(programs.prometheus ? [] : ['prometheus']),
    ...(programs.alertmanager ? [] : ['prometheus-alertmanager']),
    ...(programs.mysqldExporter ? [] : ['prometheus-mysqld-exporter']),
  ];
}

/** Of this program, so it starts as who we are and gives its rights away once it has read its code. */
function mailSink({ layout, hosts, accounts: { mon } }: SiteParts): Service {
  const program = fileURLToPath(new URL('./mail-sink-main.js', import.meta.url));
  const folder = paths.mail(layout);
  const account = mon ? [String(mon.uid), String(mon.gid)] : [];
  return service('mail-sink', folder, {
    program: process.execPath,
    args: ['--max-old-space-size=64', program, hosts.monitoring.mailSink, String(ports.mail), folder, ...account],
    cwd: '/',
    logFile: paths.log(layout, 'mail-sink'),
  });
}

function prometheusService(program: string, { layout, hosts, accounts }: SiteParts): Service {
  const config = monitoringFiles.prometheus(layout);
  return service('prometheus', config, {
    program,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${monitoringFiles.prometheusData(layout)}`,
      '--storage.tsdb.retention.time=15d',
      '--storage.tsdb.retention.size=512MB',
      // The head of a site's few series fits into one.
      '--storage.tsdb.wal-compression',
      `--web.listen-address=${addressOf(hosts.monitoring.prometheus, ports.prometheus)}`,
      '--log.level=warn',
    ],
    cwd: '/',
    env: thrifty('110MiB'),
    logFile: paths.log(layout, 'prometheus'),
    as: accounts.mon,
  });
}

function alertmanagerService(program: string, { layout, hosts, accounts }: SiteParts): Service {
  const config = monitoringFiles.alertmanager(layout);
  const address = addressOf(hosts.monitoring.alertmanager, ports.alertmanager);
  return service('alertmanager', config, {
    program,
    args: [
      `--config.file=${config}`,
      `--storage.path=${monitoringFiles.alertmanagerData(layout)}`,
      `--web.listen-address=${address}`,
      // There is one of it.
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    cwd: '/',
    env: thrifty('48MiB'),
    logFile: paths.log(layout, 'alertmanager'),
    as: accounts.mon,
  });
}

function exporters(program: string, { layout, database, accounts }: SiteParts): readonly Service[] {
  return (database?.servers ?? []).map(({ id, address }) => {
    const config = monitoringFiles.exporter(layout, id);
    return service(exporterName(id), config, {
      program,
      args: [
        `--config.my-cnf=${config}`,
        `--web.listen-address=${addressOf(address, ports.databaseMetrics)}`,
        '--collect.binlog_size',
        '--no-collect.info_schema.innodb_cmp',
        '--no-collect.info_schema.innodb_cmpmem',
        '--no-collect.info_schema.query_response_time',
        '--log.level=warn',
      ],
      cwd: '/',
      env: { ...thrifty('24MiB'), GOMAXPROCS: '1' },
      logFile: paths.log(layout, exporterName(id)),
      as: accounts.mon,
    });
  });
}

const service = (name: string, mark: string, daemon: Service['daemon']): Service => ({
  name,
  kind: 'monitoring',
  mark,
  daemon,
  stop: { graceMs: 3_000 },
});
