import { works } from './alarms.js';
import { silenceLabel, workAlert } from './prometheus.js';

/** The mail server, and from whom to whom. */
export interface MailRoute {
  readonly host: string;
  readonly port: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly startTls: boolean;
  /** Undefined: nobody logs in. */
  readonly login: { readonly user: string; readonly passwordFile: string } | undefined;
}

/**
 * The configuration of Alertmanager: everything that is raised at about the same time is one mail, and so is what
 * has changed since. Ten seconds are the least time between two mails.
 */
export function alertmanagerConfiguration(mail: MailRoute, templateFile: string) {
  return {
    global: {
      resolve_timeout: '1m',
      smtp_smarthost: `${mail.host}:${mail.port}`,
      smtp_from: mail.from,
      smtp_hello: 'understudy.localhost',
      smtp_require_tls: mail.startTls,
      ...(mail.login ? { smtp_auth_username: mail.login.user, smtp_auth_password_file: mail.login.passwordFile } : {}),
    },
    templates: [templateFile],
    route: {
      receiver: 'mail',
      group_by: ['site'],
      group_wait: '3s',
      group_interval: '10s',
      repeat_interval: '12h',
      routes: [{ receiver: 'nobody', matchers: ['severity="none"'], group_by: ['alertname'] }],
    },
    receivers: [
      { name: 'nobody' },
      {
        name: 'mail',
        email_configs: [
          {
            to: mail.to.join(', '),
            send_resolved: true,
            headers: { Subject: '{{ template "understudy.subject" . }}' },
            text: '{{ template "understudy.text" . }}',
            html: '',
          },
        ],
      },
    ],
    inhibit_rules: works.map((work) => ({
      source_matchers: [`alertname="${workAlert(work)}"`],
      target_matchers: [`${silenceLabel(work)}="yes"`],
    })),
  };
}

/**
 * The templates of the mails. Go's template language, which Alertmanager speaks.
 * @param machine the name of the machine, for whoever has several
 */
export function mailTemplate(site: string, machine: string): string {
  return `{{ define "understudy.subject" -}}
[${site}] {{ if .Alerts.Firing }}{{ if gt (len .Alerts.Firing) 1 }}{{ len .Alerts.Firing }} alarms: {{ end }}{{ (index .Alerts.Firing 0).Annotations.title }}{{ else }}resolved: {{ if gt (len .Alerts.Resolved) 1 }}{{ len .Alerts.Resolved }} alarms, {{ end }}{{ (index .Alerts.Resolved 0).Annotations.title }}{{ end }}
{{- end }}

{{ define "understudy.alarm" }}
{{ .Annotations.title }}.

  Where:          {{ .Labels.what }}, of ${site} on ${machine}
  Since:          {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC
  Visitors see:   {{ .Annotations.visitors }}
  What to do:     {{ .Annotations.todo }}
  Read on:        docs/what-if.md#{{ .Annotations.runbook }}
  Alarm:          {{ .Labels.alertname }} ({{ .Labels.severity }})
{{ end }}

{{ define "understudy.text" -}}
{{ range .Alerts.Firing }}{{ template "understudy.alarm" . }}{{ end -}}
{{ range .Alerts.Resolved }}
Resolved: {{ .Annotations.title }}.

  Where:          {{ .Labels.what }}, of ${site} on ${machine}
  From:           {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC
  Until:          {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC
  Alarm:          {{ .Labels.alertname }} ({{ .Labels.severity }})
{{ end -}}
{{ end }}
`;
}
