import { needsWritableProd, writingPlugin } from '../content/wordpress/plugins-that-write.js';
import type { Latin1Columns } from './latin1.js';
import type { Loaded } from './load.js';
import type { SiteFiles } from './site-files.js';

/** `problem`: something will not work before it is dealt with; `warning`: look at it; `info`: good to know. */
export interface Finding {
  readonly severity: 'problem' | 'warning' | 'info';
  /** Stable, kebab-case. */
  readonly code: string;
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export interface ReportInput {
  readonly files: SiteFiles & { readonly leftOut?: readonly string[] };
  readonly loaded: Pick<Loaded, 'survey' | 'remarks'> & Partial<Loaded> & { readonly latin1?: Latin1Columns };
  readonly php: { readonly version: string; readonly extensions: readonly string[] };
  readonly prefix: string;
}

/** What WordPress itself wants of PHP, and what it works better with. */
const wanted = [
  'curl',
  'dom',
  'exif',
  'fileinfo',
  'intl',
  'json',
  'mbstring',
  'mysqli',
  'openssl',
  'simplexml',
  'sodium',
  'xml',
  'zip',
];

/** Everything that somebody who brings a site here should know about it, with what to do about each. */
export function importFindings(input: ReportInput): readonly Finding[] {
  return [
    ...versions(input),
    ...extensions(input),
    ...plugins(input),
    ...diskPaths(input),
    ...tables(input),
    ...whatWasLeftOut(input),
    ...configuration(input),
    ...sizes(input),
  ];
}

function versions(input: ReportInput): Finding[] {
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

function extensions(input: ReportInput): Finding[] {
  const { php } = input;
  const has = (name: string) => php.extensions.includes(name);
  const missing = wanted.filter((name) => !has(name));
  const found: Finding[] = [];
  if (!has('gd') && !has('imagick')) missing.push('gd or imagick');
  if (missing.length > 0) {
    found.push({
      severity: missing.includes('mysqli') || missing.includes('json') ? 'problem' : 'warning',
      code: 'extensions-missing',
      text: `PHP here lacks what WordPress uses: ${missing.join(', ')}.`,
      remedy: `Install them, on Debian for example with \`apt-get install php-${missing[0]?.split(' ')[0]}\`, and run \`understudy up\`.`,
    });
  }
  for (const { folder, extensions: needs } of activePlugins(input)) {
    const lacking = needs.filter((name) => !has(name));
    if (lacking.length > 0) {
      found.push({
        severity: 'problem',
        code: 'plugin-extensions-missing',
        text: `The plugin ${folder} needs PHP's ${lacking.join(', ')}, which is not here.`,
        remedy: 'Install it before you look at the site.',
      });
    }
  }
  return found;
}

/** As WordPress names them: the texts of a serialised list. */
const activeFiles = ({ loaded }: ReportInput): string[] =>
  [...(loaded.survey.options.active_plugins ?? '').matchAll(/s:\d+:"([^"]+)";/g)].map(([, file = '']) => file);

function activePlugins(input: ReportInput) {
  const active = new Set(activeFiles(input).map((file) => file.split('/')[0]));
  return input.files.plugins.filter(({ folder }) => active.has(folder));
}

const doings = {
  shop: 'visitors order or book',
  form: 'visitors send forms',
  membership: 'visitors log in',
  community: 'visitors comment, vote or write',
  statistics: 'it counts visitors in the database',
  code: 'it writes into folders of code, or wants to change code',
  cache: 'it keeps a cache of pages or objects of its own',
} as const;

const elsewise = {
  statistics: {
    code: 'plugin-counts',
    remedy:
      'In prod it counts nobody. Count in the access logs (`understudy traffic`), or with a service outside of the site.',
  },
  cache: {
    code: 'plugin-caches',
    remedy: 'Deactivate it in dev: prod has a page cache and an object cache of its own.',
  },
  code: {
    code: 'plugin-writes-code',
    remedy:
      'In prod it finds nothing that it may write. Deactivate it in dev, or leave its files there with promotion.excludes.',
  },
} as const;

function plugins(input: ReportInput): Finding[] {
  const known = activeFiles(input).flatMap((file) => writingPlugin(file) ?? []);
  const found: Finding[] = known
    .filter(({ writes }) => needsWritableProd(writes))
    .map(({ name, writes }) => ({
      severity: 'problem',
      code: 'plugin-needs-writable-prod',
      text: `${name} is active: ${doings[writes]}. Prod is read-only, so that does not work there.`,
      remedy: 'Replace it by a service outside of the site, or keep this site where it can write.',
    }));
  for (const { name, writes } of known) {
    if (needsWritableProd(writes)) continue;
    found.push({
      severity: 'warning',
      code: elsewise[writes].code,
      text: `${name} is active: ${doings[writes]}.`,
      remedy: elsewise[writes].remedy,
    });
  }
  const missing = activeFiles(input).filter(
    (file) => !input.files.plugins.some(({ folder }) => folder === file.split('/')[0]),
  );
  if (missing.length > 0) {
    found.push({
      severity: 'warning',
      code: 'plugins-missing',
      text: `Plugins are active whose files are not there: ${missing.join(', ')}.`,
      remedy: 'WordPress deactivates them when it notices. Install them in dev if the site needs them.',
    });
  }
  if (input.files.mustUse.length > 0) {
    found.push({
      severity: 'warning',
      code: 'must-use-plugins',
      text: `There are must-use plugins: ${input.files.mustUse.join(', ')}.`,
      remedy: 'Those of the server that the site came from are of no use here: remove them in dev.',
    });
  }
  return found;
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

function tables({ loaded, prefix }: ReportInput): Finding[] {
  const { survey, engines = [], collations = {}, warnings = [], latin1 } = loaded;
  const found: Finding[] = [];
  const kept = engines.filter((engine) => engine.kept);
  const foreign = loaded.engines
    ? engines.filter((engine) => !engine.kept).map(({ table, before }) => `${table} (${before})`)
    : survey.tables
        .filter(({ engine }) => engine !== undefined && !/^innodb$/i.test(engine))
        .map(({ name, engine }) => `${name} (${engine})`);
  if (foreign.length > 0) {
    found.push({
      severity: 'info',
      code: 'engines',
      text: `${loaded.engines ? 'Tables of other engines are InnoDB now' : 'Tables of other engines would become InnoDB'}: ${some(foreign)}.`,
      remedy: 'Nothing: InnoDB alone survives a crash and can be promoted at one moment.',
    });
  }
  if (kept.length > 0) {
    found.push({
      severity: 'warning',
      code: 'engines-kept',
      text: `InnoDB cannot hold these tables as they are: ${kept.map(({ table, before }) => `${table} (${before})`).join(', ')}.`,
      remedy: 'Ask the maker of the plugin; a promotion does not catch them at one moment.',
    });
  }
  const keyless = survey.tables.filter(({ hasKey }) => !hasKey).map(({ name }) => name);
  if (keyless.length > 0) {
    found.push({
      severity: 'warning',
      code: 'tables-without-key',
      text: `Tables without a primary key: ${some(keyless)}.`,
      remedy:
        'Replicas apply large changes of them slowly. Give them a primary key in dev: ALTER TABLE … ADD id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY.',
    });
  }
  for (const [before, after] of Object.entries(collations)) {
    found.push({
      severity: 'info',
      code: 'collation-replaced',
      text: `The server has no collation ${before}; ${after} stands in its place.`,
      remedy: 'Nothing, unless texts are sorted in an unexpected order.',
    });
  }
  for (const { table, count, example } of warnings) {
    found.push({
      severity: 'warning',
      code: 'values-changed',
      text: `The server changed values of ${table} while it took them, ${times(count)}: ${example}`,
      remedy: 'Dump again with --default-character-set=utf8mb4 and import again, or look at that table.',
    });
  }
  if (latin1 && latin1.converted.length > 0) {
    found.push({
      severity: 'info',
      code: 'latin1-declared-utf8',
      text: `Columns declared as Latin-1 held UTF-8; they are declared as UTF-8 now: ${some(latin1.converted)}.`,
      remedy: 'Look at a page with letters beyond ASCII.',
    });
  }
  if (latin1 && latin1.unclear.length > 0) {
    found.push({
      severity: 'warning',
      code: 'latin1-unclear',
      text: `Some values of these Latin-1 columns are UTF-8 and some are not: ${some(latin1.unclear)}.`,
      remedy: 'They are as they were. Look at their letters beyond ASCII, and correct them in dev.',
    });
  }
  const others = survey.prefixes.filter((each) => each !== prefix);
  if (others.length > 0) {
    found.push({
      severity: 'warning',
      code: 'several-wordpresses',
      text: `The dump holds other WordPresses as well, with the prefixes ${others.join(', ')}.`,
      remedy: 'Drop their tables in dev: every promotion compares and carries them.',
    });
  }
  return found;
}

function whatWasLeftOut({ files, loaded }: ReportInput): Finding[] {
  const found: Finding[] = [];
  const { remarks, survey } = loaded;
  if (remarks.dumper && !remarks.isComplete) {
    found.push({
      severity: 'problem',
      code: 'dump-not-complete',
      text: 'The dump lacks what its program writes at the end: it was probably cut off.',
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

function configuration({ files }: ReportInput): Finding[] {
  const { constants } = files.config;
  if (constants.length === 0) return [];
  return [
    {
      severity: 'info',
      code: 'constants',
      text: `The site's wp-config.php sets constants that may be worth keeping: ${constants.join(', ')}.`,
      remedy:
        'Write them into environments.dev.constants and environments.prod.constants of the definition; keys as process.env.NAME.',
    },
  ];
}

function sizes({ files, loaded }: ReportInput): Finding[] {
  const bytes = loaded.survey.tables.reduce((sum, table) => sum + table.bytes, 0);
  const largest = [...loaded.survey.tables].sort((a, b) => b.bytes - a.bytes).slice(0, 5);
  return [
    {
      severity: 'info',
      code: 'sizes',
      text: `Files ${megabytes(files.bytes)}, of which uploads ${megabytes(files.uploadsBytes)}; ${loaded.survey.tables.length} tables, ${megabytes(bytes)} as SQL. Largest: ${largest.map(({ name, bytes: size }) => `${name} ${megabytes(size)}`).join(', ')}.`,
      ...(bytes > 5e9 ? { remedy: 'Raise database.bufferPoolMb in the definition.' } : {}),
    },
  ];
}

const megabytes = (bytes: number) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`);
const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
const some = (names: readonly string[]) =>
  names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;

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
