import { dangerous, type PlannedChanges, type ResourceChange } from '../../aws/deployment/changes.js';
import type { Finding } from '../../aws/deployment/doctor.js';
import { colors } from './colors.js';
import { columns } from './table.js';

const marks: Readonly<Record<ResourceChange['change'], string>> = {
  made: '+ made',
  changed: '~ changed',
  replaced: '! replaced',
  'perhaps-replaced': '! perhaps replaced',
  removed: '- removed',
};

/** What a deployment would change: resources by stack, then who may do what, then who reaches whom. */
export function changesText(changes: PlannedChanges): string {
  const { resources, permissions, openings } = changes;
  if (resources.length === 0) return 'Nothing would change.';
  const stacks = [...new Set(resources.map(({ stack }) => stack))];
  const lines = stacks.flatMap((stack) => {
    const own = resources.filter((one) => one.stack === stack);
    // A new stack is a hundred lines of the same word.
    const made = own.every(({ change }) => change === 'made');
    if (made) return [`${stack}: new, ${own.length} resources`];
    return [`${stack}:`, columns(own.map(({ change, resource, type }) => [marks[change], resource, type]))];
  });
  const danger = dangerous(changes).map(
    ({ stack, resource, type }) => `${stack}: ${resource} (${type}) would lose what it holds.`,
  );
  return [
    ...lines,
    ...section('Who may do what', permissions),
    ...section('Who reaches whom', openings),
    ...danger.map((line) => colors.red(`! ${line}`)),
  ].join('\n');
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length > 1
    ? ['', `${title}:`, columns(rows.map((row) => row.map((cell) => cell.replaceAll('\n', ' '))))]
    : [];
}

const signs: Readonly<Record<Finding['state'], () => string>> = {
  good: () => colors.green('✔'),
  warning: () => colors.yellow('!'),
  bad: () => colors.red('✖'),
  unknown: () => colors.yellow('?'),
};

export function findingsText(findings: readonly Finding[]): string {
  return findings
    .flatMap(({ id, state, text, remedy }) => [
      `${signs[state]()} ${id.padEnd(16)} ${text}`,
      ...(remedy && state !== 'good' ? [`  ${' '.repeat(16)} ${remedy}`] : []),
    ])
    .join('\n');
}
