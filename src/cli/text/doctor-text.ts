import type { DoctorReport } from '../../local/machine/doctor.js';
import { colors } from './colors.js';
import { columns } from './table.js';

const marks = {
  good: colors.green('✔'),
  untested: colors.yellow('✔'),
  old: colors.red('✖'),
  missing: colors.red('✖'),
} as const;

/** What doctor found, for people. */
export function doctorText({ ready, system, requirements, checks }: DoctorReport): string {
  const programs = requirements.map(({ name, purpose, verdict, version, minimum, package: from, optional }) => [
    optional && verdict === 'missing' ? colors.yellow('!') : marks[verdict],
    name,
    version ?? '',
    verdict === 'missing'
      ? `missing${from ? `: package ${from}` : ''}`
      : verdict === 'old'
        ? `too old: ${minimum} is needed`
        : verdict === 'untested'
          ? 'not tested with this version'
          : '',
    colors.dim(purpose),
  ]);
  const rest = checks.map(
    ({ ok, blocking, detail, remedy }) =>
      `  ${ok ? colors.green('✔') : blocking ? colors.red('✖') : colors.yellow('!')} ${detail}${!ok && remedy ? ` ${remedy}` : ''}`,
  );
  const nobodyDoes = requirements.filter(({ optional, verdict }) => optional && verdict === 'missing');
  return [
    `${colors.bold(system.name)}: ${system.advice}`,
    columns(programs),
    ...rest,
    '',
    ready
      ? 'This machine can run the platform.'
      : 'This machine lacks something: `understudy doctor --install` installs it.',
    ...(ready && nobodyDoes.length > 0
      ? [
          `Nobody would do this: ${nobodyDoes.map(({ purpose }) => purpose).join('; ')}. \`understudy doctor --install\` helps.`,
        ]
      : []),
  ].join('\n');
}
