import { z } from 'zod';
import type { RaisedAlarm, Watch } from '../../platform/alarms.js';
import { ports } from '../network/hosts.js';
import type { SiteParts } from '../parts.js';
import { missingMonitoring } from './services.js';
import { addressOf } from './settings.js';

/** Both answer within some milliseconds; nobody's `status` waits longer for one that hangs. */
const answerMs = 1_000;

const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        state: z.string(),
        activeAt: z.string(),
      }),
    ),
  }),
});
const suppressedSchema = z.array(
  z.object({ labels: z.record(z.string(), z.string()), status: z.object({ state: z.string() }) }),
);

/** What is raised now, as Prometheus says, and what of it nobody is told, as Alertmanager says. */
export async function watchOf(parts: Pick<SiteParts, 'hosts' | 'programs'>): Promise<Watch> {
  const { prometheus, alertmanager } = parts.hosts.monitoring;
  const missing = missingMonitoring(parts);
  const [raised, told] = await Promise.all([
    ask(`http://${addressOf(prometheus, ports.prometheus)}/api/v1/alerts`, alertsSchema),
    ask(`http://${addressOf(alertmanager, ports.alertmanager)}/api/v2/alerts`, suppressedSchema),
  ]);
  if (!raised) return { watching: false, missing, alarms: [] };
  const silenced = new Set(
    told?.filter(({ status }) => status.state === 'suppressed').map(({ labels }) => key(labels)),
  );
  const alarms = raised.data.alerts
    .filter(({ state, labels }) => state === 'firing' && labels.severity !== 'none')
    .map(
      ({ labels, annotations, activeAt }): RaisedAlarm => ({
        id: labels.alertname ?? '',
        state: silenced.has(key(labels)) ? 'silenced' : 'firing',
        since: new Date(activeAt).toISOString(),
        severity: labels.severity ?? '',
        what: labels.what ?? '',
        title: annotations.title ?? '',
      }),
    );
  return { watching: true, missing, alarms: alarms.sort((a, b) => (a.since < b.since ? -1 : 1)) };
}

const key = ({ alertname, what }: Readonly<Record<string, string>>) => `${alertname} ${what}`;

/** Undefined if nobody answers. */
async function ask<T>(url: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    return schema.parse(await answer.json());
  } catch {
    return undefined;
  }
}
