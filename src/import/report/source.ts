import { isCutOff } from '../dump/statements.js';
import { type Finding, type ReportInput, times } from './finding.js';

/** What is of the server that the site came from: places on its disk, settings, and what is left out. */
export function aboutSource(input: ReportInput): Finding[] {
  return [...diskPaths(input), ...leftOut(input), ...constants(input)];
}

function diskPaths({ loaded }: ReportInput): Finding[] {
  return loaded.survey.diskPaths.map(({ table, count, example }) => ({
    severity: 'warning',
    code: 'paths-of-another-disk',
    text: `${table} names a folder of the server that the site came from, ${times(count)}: ${example}`,
    remedy:
      'Most are caches and logs of plugins, which find the new place themselves. Look at the settings of those that keep files.',
  }));
}

function leftOut({ files, loaded }: ReportInput): Finding[] {
  const found: Finding[] = [];
  const { remarks, survey } = loaded;
  if (isCutOff(remarks)) {
    found.push({
      severity: 'problem',
      code: 'dump-cut-off',
      text: 'The dump lacks what its program writes at the end: it was cut off, and an import would refuse it.',
      remedy: 'Dump again, and see that the program ends without an error.',
    });
  }
  for (const { what, count } of survey.leftOut) {
    found.push({
      severity: 'warning',
      code: 'statement-left-out',
      text: `Left out of the dump, ${times(count)}: ${what}`,
      remedy:
        'Triggers, procedures and events are not part of what is promoted. If the site needs one, its plugin has to do it in PHP.',
    });
  }
  if (files.leftOut && files.leftOut.length > 0) {
    found.push({
      severity: 'info',
      code: 'files-left-out',
      text: `Files left out:\n${files.leftOut.map((line) => `    ${line}`).join('\n')}`,
    });
  }
  return found;
}

function constants({ files }: ReportInput): Finding[] {
  const names = files.config.constants;
  if (names.length === 0) return [];
  return [
    {
      severity: 'info',
      code: 'constants',
      text: `The site's wp-config.php sets constants that may be worth keeping: ${names.join(', ')}.`,
      remedy:
        'Write them into environments.dev.constants and environments.prod.constants of the definition; keys as process.env.NAME.',
    },
  ];
}
