import type { AlarmReport, AlarmsReport } from './alarms-report.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** The alarms for people: those that are raised in full, the others in a line each. */
export function alarmsText({ watching, missing, alarms }: AlarmsReport): string {
  const raised = alarms.filter(({ state }) => state === 'firing' || state === 'silenced');
  const others = alarms.filter((alarm) => !raised.includes(alarm));
  const lacks =
    missing.length > 0 ? ` Missing: ${missing.join(', ')}; \`understudy doctor --install\` installs them.` : '';
  const head = watching
    ? raised.length === 0
      ? [colors.green('No alarm is raised.')]
      : []
    : [colors.yellow(`Nobody watches: alarms are not known.${lacks}`)];
  return [
    ...head,
    ...(watching && lacks ? [colors.yellow(lacks.trim())] : []),
    ...raised.flatMap(raisedText),
    ...(others.length > 0 ? ['', columns(others.map(quietRow))] : []),
  ].join('\n');
}

function raisedText({ id, state, since, severity, title, visitorsSee, toDo, runbook }: AlarmReport): string[] {
  const tint = severity === 'critical' ? colors.red : colors.yellow;
  return [
    `${tint(title)}${state === 'silenced' ? colors.dim(' (silenced)') : ''}`,
    columns([
      ['alarm', `${id} (${severity})`],
      ['since', since ?? ''],
      ['visitors see', visitorsSee],
      ['what to do', toDo],
      ['read on', `docs/what-if.md#${runbook}`],
    ]),
    '',
  ];
}

const quietRow = ({ id, severity, title, raisedWhen, state, reason }: AlarmReport) => [
  id,
  severity,
  state === 'not-here' ? colors.dim('not here') : raisedWhen,
  state === 'not-here' ? colors.dim(reason ?? '') : title,
];
