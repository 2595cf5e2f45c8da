import { alarmSettingsSchema } from '../site/alarm-settings.js';
import type { AlarmDefinition } from './alarm.js';
import { type Alarm, about, alarmDefinitions, alarmsOf } from './alarms.js';
import { type CloudWatchMetric, isAbsent, type Part, parts } from './signal.js';
import { conditionOf } from './words.js';

const titles: Readonly<Record<Part, string>> = {
  balancer: 'Balancer and visitors',
  web: 'Web instances',
  database: 'Databases',
  gate: 'Gates',
  edition: 'Editions',
  files: 'Files',
  platform: 'Supervision',
};

const missing = {
  breaching: 'raises it',
  fine: 'means that all is well',
  unchanged: 'leaves it as it is',
} as const;

/** docs/alarms.md: every alarm with the thresholds that a definition has if it says nothing. */
export function alarmsPage(): string {
  const alarms = alarmsOf(alarmSettingsSchema.parse({}));
  const sections = parts.flatMap((part) => {
    const own = alarms.filter(({ signal }) => signal.part === part);
    return own.length > 0 ? [`## ${titles[part]}`, '', ...own.flatMap(alarmSection)] : [];
  });
  return [...introduction, ...overview(alarms), ...sections].join('\n');
}

const introduction = [
  '# Alarms',
  '',
  'Generated from `src/monitoring/definitions`; `npx vitest run test/unit/monitoring -u` writes it anew. Each alarm is',
  'defined once and raised by Prometheus on one machine, by CloudWatch in AWS. What a definition can change stands in',
  '`alarms` of the definition, and whom to tell in `notify`.',
  '',
  '**critical**: visitors of prod are affected, or are about to be, or nobody can work in dev. **warning**: something else',
  'has taken over, and it has to be put right. On CloudWatch, whose metrics have a grain of a minute, everything must hold',
  'for a minute at least.',
  '',
];

function overview(alarms: readonly Alarm[]): readonly string[] {
  return [
    '| alarm | severity | raised when | here | on AWS | what to do |',
    '|---|---|---|---|---|---|',
    ...alarms.map(({ id, severity, signal, runbook, ...alarm }) => {
      const mark = (source: object) => (isAbsent(source) ? 'no' : 'yes');
      const condition = `${signal.measures}: ${conditionOf({ signal, ...alarm })}`;
      return `| [${id}](#${id}) | ${severity} | ${condition} | ${mark(signal.prometheus)} | ${mark(signal.cloudwatch)} | [runbook](what-if.md#${runbook}) |`;
    }),
    '',
  ];
}

function alarmSection(alarm: Alarm): readonly string[] {
  const { id, title, signal, visitorsSee, toDo, runbook, missingData, visitorsAffected } = alarm;
  const { prometheus, cloudwatch } = signal;
  return [
    `### ${id}`,
    '',
    `${about(title, '…')}. Raised when this is ${conditionOf(alarm)}: ${signal.measures}.${settingOf(alarmDefinitions[id])}`,
    '',
    `- **Visitors see**: ${visitorsSee}${visitorsAffected ? ' Part of the alarm that visitors are affected.' : ''}`,
    `- **What to do**: ${toDo} [Read on](what-if.md#${runbook}).`,
    `- **Missing data** ${missing[missingData]}.`,
    `- **Prometheus**: ${isAbsent(prometheus) ? `none. ${prometheus.none}` : `\`${prometheus.expr.replaceAll('|', '\\|')}\``}`,
    `- **CloudWatch**: ${isAbsent(cloudwatch) ? `none. ${cloudwatch.none}` : cloudWatchText(cloudwatch)}`,
    '',
  ];
}

function settingOf({ threshold }: AlarmDefinition): string {
  return typeof threshold === 'number' ? '' : ` The definition sets it: \`alarms.${threshold.setting}\`.`;
}

function cloudWatchText(
  source:
    | { readonly metric: CloudWatchMetric }
    | { readonly math: string; readonly metrics: Readonly<Record<string, CloudWatchMetric>> },
): string {
  const named = ({ namespace, name, statistic }: CloudWatchMetric) => `\`${namespace}\` ${name} (${statistic})`;
  if ('metric' in source) return named(source.metric);
  const metrics = Object.entries(source.metrics).map(([key, metric]) => `${key} is ${named(metric)}`);
  return `\`${source.math}\`, where ${metrics.join(' and ')}`;
}
