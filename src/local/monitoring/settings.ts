import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MailRoute } from '../../monitoring/alertmanager.js';
import type { Site } from '../../site/schema.js';
import { type Layout, paths } from '../layout.js';
import { type Hosts, ports } from '../network/hosts.js';

/** Every file of monitoring, below its folder in the state directory. */
export const monitoringFiles = {
  prometheus: (l: Layout) => join(paths.monitoring(l), 'prometheus.yml'),
  rules: (l: Layout) => join(paths.monitoring(l), 'alarms.yml'),
  prometheusData: (l: Layout) => join(paths.monitoring(l), 'prometheus-data'),
  alertmanager: (l: Layout) => join(paths.monitoring(l), 'alertmanager.yml'),
  template: (l: Layout) => join(paths.monitoring(l), 'mail.tmpl'),
  alertmanagerData: (l: Layout) => join(paths.monitoring(l), 'alertmanager-data'),
  /** What `up` was told of the mail server's password, for the account of monitoring alone. */
  smtpPassword: (l: Layout) => join(paths.monitoring(l), 'smtp-password'),
  /** How an exporter logs in to its server. */
  exporter: (l: Layout, server: string) => join(paths.monitoring(l), `${server}.cnf`),
} as const;

/** Whoever is to be told where nobody is named: the mail stays in the built-in sink. */
const nobody = 'operators@understudy.localhost';

export const addressOf = (host: string, port: number) => `${host}:${port}`;

/** How mail goes out: through the definition's server, or into the built-in sink. */
export function mailRoute(layout: Layout, { notify }: Pick<Site, 'notify'>, { monitoring }: Hosts): MailRoute {
  const { email, from, smtp } = notify;
  const to = email.length > 0 ? email : [nobody];
  if (smtp.host === undefined) {
    return { host: monitoring.mailSink, port: ports.mail, from, to, startTls: false, login: undefined };
  }
  const passwordFile = monitoringFiles.smtpPassword(layout);
  const login = smtp.user === '' || !existsSync(passwordFile) ? undefined : { user: smtp.user, passwordFile };
  return { host: smtp.host, port: smtp.port, from, to, startTls: smtp.startTls, login };
}

/** The machine's name, for whoever gets mail from several. */
export const machineName = (): string => hostname();
