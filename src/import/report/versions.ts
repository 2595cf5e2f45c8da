import { activePlugins } from './active-plugins.js';
import type { Finding, ReportInput } from './finding.js';

/** Of WordPress, PHP and the database, against each other and what is here. */
export function aboutVersions(input: ReportInput): Finding[] {
  const { files, loaded, php } = input;
  const { options } = loaded.survey;
  const found: Finding[] = [
    {
      severity: 'info',
      code: 'versions',
      text: `WordPress ${files.wordpress}; PHP here is ${php.version}${loaded.remarks.server ? `; the dump is of a server ${loaded.remarks.server}` : ''}.`,
    },
  ];
  const demanding = [
    ...(files.requiredPhp ? [{ what: `WordPress ${files.wordpress}`, wants: files.requiredPhp }] : []),
    ...activePlugins(input).flatMap(({ folder, requiredPhp }) =>
      requiredPhp ? [{ what: `The plugin ${folder}`, wants: requiredPhp }] : [],
    ),
  ].filter(({ wants }) => isOlder(php.version, wants));
  for (const { what, wants } of demanding) {
    found.push({
      severity: 'problem',
      code: 'php-too-old',
      text: `${what} wants PHP ${wants}.`,
      remedy: `Update this machine's PHP, or use a version that runs on ${php.version}.`,
    });
  }
  if (isOlder(files.wordpress, '6.0')) {
    found.push({
      severity: 'warning',
      code: 'wordpress-old',
      text: `WordPress ${files.wordpress} was made for an older PHP than ${php.version}: it may warn, or fail.`,
      remedy: 'Update WordPress, plugins and themes in dev, look at the site, and promote it then.',
    });
  }
  if (files.dbVersion && options.db_version && Number(options.db_version) < Number(files.dbVersion)) {
    found.push({
      severity: 'warning',
      code: 'database-older-than-code',
      text: `The database is of an older WordPress (${options.db_version}) than the files (${files.dbVersion}).`,
      remedy: "Open dev's dashboard: WordPress offers to update the database. Do it before the first promotion.",
    });
  }
  if (options.db_version && files.dbVersion && Number(options.db_version) > Number(files.dbVersion)) {
    found.push({
      severity: 'warning',
      code: 'database-newer-than-code',
      text: `The database is of a newer WordPress (${options.db_version}) than the files (${files.dbVersion}): they are not of the same day.`,
      remedy: 'Take files and dump at the same time, or update WordPress in dev.',
    });
  }
  return found;
}

/** Whether a version is older than another, number by number. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0)) as [
    number[],
    number[],
  ];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    if ((a[at] ?? 0) !== (b[at] ?? 0)) return (a[at] ?? 0) < (b[at] ?? 0);
  }
  return false;
}
