import { type Finding, type ReportInput, some, times } from './finding.js';

/** What the database is made of, and what taking it here changes. */
export function aboutTables(input: ReportInput): Finding[] {
  return [
    ...prefixes(input),
    ...engines(input),
    ...keys(input),
    ...collations(input),
    ...changedValues(input),
    ...latin1(input),
    ...sizes(input),
  ];
}

function prefixes({ loaded, prefix, definedPrefix }: ReportInput): Finding[] {
  const { prefixes: inDump } = loaded.survey;
  if (inDump.length === 0) {
    return [
      {
        severity: 'problem',
        code: 'prefix-unknown',
        text: 'The dump has no tables of WordPress: none whose names end in options and posts.',
        remedy: 'See whether it is the dump of this site.',
      },
    ];
  }
  // As an import looks at them: the configuration's first, then those of the dump.
  const [found] = prefix === definedPrefix && !inDump.includes(prefix) ? inDump : [prefix];
  if (found !== definedPrefix) {
    return [
      {
        severity: 'problem',
        code: 'prefix-differs',
        text: `The site's tables begin with ${[...new Set([found, ...inDump])].join(', ')}, and the definition says ${definedPrefix}: an import is refused.`,
        remedy: `Write app: { kind: 'wordpress', tablePrefix: '${found}' } into the definition, and run \`understudy up\`.`,
      },
    ];
  }
  const others = inDump.filter((each) => each !== definedPrefix);
  if (others.length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'several-wordpresses',
      text: `The dump holds other WordPresses as well, with the prefixes ${others.join(', ')}.`,
      remedy: 'Drop their tables in dev: every promotion compares and carries them.',
    },
  ];
}

function engines({ loaded }: ReportInput): Finding[] {
  const { survey, engines: met = [] } = loaded;
  const found: Finding[] = [];
  const kept = met.filter((engine) => engine.kept);
  const foreign = loaded.engines
    ? met.filter((engine) => !engine.kept).map(({ table, before }) => `${table} (${before})`)
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
  return found;
}

function keys({ loaded }: ReportInput): Finding[] {
  const keyless = loaded.survey.tables.filter(({ hasKey }) => !hasKey).map(({ name }) => name);
  if (keyless.length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'tables-without-key',
      text: `Tables without a primary key: ${some(keyless)}.`,
      remedy:
        'Replicas apply large changes of them slowly. Give them a primary key in dev: ALTER TABLE … ADD id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY.',
    },
  ];
}

const collations = ({ loaded }: ReportInput): Finding[] =>
  Object.entries(loaded.collations).map(([before, after]) => ({
    severity: 'info',
    code: 'collation-replaced',
    text: `The server has no collation ${before}; ${after} ${loaded.engines ? 'stands' : 'would stand'} in its place.`,
    remedy: 'Nothing, unless texts are sorted in an unexpected order.',
  }));

const changedValues = ({ loaded }: ReportInput): Finding[] =>
  (loaded.warnings ?? []).map(({ table, count, example }) => ({
    severity: 'warning',
    code: 'values-changed',
    text: `The server changed values of ${table} while it took them, ${times(count)}: ${example}`,
    remedy: 'Dump again with --default-character-set=utf8mb4 and import again, or look at that table.',
  }));

function latin1({ loaded }: ReportInput): Finding[] {
  const found: Finding[] = [];
  const { converted, unclear } = loaded.latin1 ?? { converted: [], unclear: [] };
  if (converted.length > 0) {
    found.push({
      severity: 'info',
      code: 'latin1-declared-utf8',
      text: `Columns declared as Latin-1 held UTF-8; they are declared as UTF-8 now: ${some(converted)}.`,
      remedy: 'Look at a page with letters beyond ASCII.',
    });
  }
  if (unclear.length > 0) {
    found.push({
      severity: 'warning',
      code: 'latin1-unclear',
      text: `Some values of these Latin-1 columns are UTF-8 and some are not: ${some(unclear)}.`,
      remedy: 'They are as they were. Look at their letters beyond ASCII, and correct them in dev.',
    });
  }
  return found;
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
