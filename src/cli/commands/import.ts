import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { Option, type OptionValues } from 'commander';
import type { ImportOptions, ImportResult } from '../../import/import-site.js';
import { refusal, UnderstudyError, usageError } from '../../output/errors.js';
import { reportTask } from '../../output/messages.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { findingsText, importedText } from '../text/import-text.js';
import { refuseWithoutTerminal } from './promote.js';

export const importVerb: Verb = {
  name: 'import',
  summary: 'put an existing WordPress site into dev, with its addresses made those of dev',
  examples: [
    ['import --files ./htdocs --database dump.sql.gz --report', 'what is to be known of the site; nothing is changed'],
    ['import --files ./htdocs --database dump.sql.gz', 'put it into dev; what is there is kept'],
    [
      'import --files backup.tar.gz --database dump.sql --url https://www.example.com',
      'where the dump does not say it',
    ],
    ['import --resume', 'go on with an import that was cut off'],
    ['import --abort', 'or take it back'],
  ],
  declare: (command) =>
    command
      .option('--files <path>', "the site's document root: a folder, .zip, or tar packed by gzip or zstd")
      .option('--database <dump>', 'its database as SQL: plain, or packed by gzip or zstd')
      .addOption(
        new Option('--url <address>', 'an address of the site; may be repeated')
          .argParser(collect)
          .default([], 'what the dump says'),
      )
      .option('--prefix <prefix>', "what its tables' names begin with (default: from the definition)")
      .option('--schema <name>', 'the database to take, where the dump has several')
      .option('--report', 'only say what is to be known of the site')
      .option('--resume', 'go on with an import that was cut off')
      .option('--abort', 'take back an import that was cut off')
      .option('-y, --yes', 'do not ask'),
  onAws: { instead: 'Import it on this machine, promote it, and bring files and a dump to AWS (docs/aws.md).' },
  async run(context, options) {
    const mode = modeOf(options);
    const opened = await open(context);
    if (mode === 'report') return report(context, options, opened);
    const { continueImport, importSite } = await import('../../import/import-site.js');
    if (mode !== 'run') return end(context, opened, await continueImport(mode, opened));
    const sources = sourcesOf(options);
    await agree(context, options);
    const now = new Date().toISOString();
    // Down to the millisecond: two within a second must not be taken for one, and the names stay in their order.
    const id = now.replace(/[-:.]/g, '');
    const request = {
      id,
      by: userInfo().username,
      at: now,
      ...sources,
      urls: options.url as string[],
      ...(typeof options.prefix === 'string' ? { prefix: options.prefix } : {}),
      ...(typeof options.schema === 'string' ? { schema: options.schema } : {}),
    };
    const { parseAddress } = await import('../../content/rewrite/address.js');
    request.urls.forEach(parseAddress);
    return end(context, opened, await importSite(request, opened));
  },
};

const collect = (value: string, before: readonly string[]) => [...before, value];

type Mode = 'run' | 'report' | 'forward' | 'back';

function modeOf({ resume, abort, report: only, files, database }: OptionValues): Mode {
  const exclusive = [resume && '--resume', abort && '--abort', only && '--report'].filter(Boolean);
  const isContinued = resume || abort;
  if (exclusive.length > 1 || (isContinued && (files || database))) {
    throw usageError({
      code: 'options-exclusive',
      message: `${exclusive.join(' and ')}${isContinued && (files || database) ? ' and new sources' : ''} exclude each other.`,
      remedy: 'An import that was cut off goes on with what it was asked for.',
    });
  }
  if (only) return 'report';
  if (resume) return 'forward';
  return abort ? 'back' : 'run';
}

function sourcesOf({ files, database }: OptionValues): { files: string; database: string } {
  if (typeof files === 'string' && typeof database === 'string') {
    return { files: resolve(files), database: resolve(database) };
  }
  throw usageError({
    code: 'sources-missing',
    message: 'An import needs the files of the site and its database.',
    remedy: 'Say `understudy import --files ./htdocs --database dump.sql.gz`.',
  });
}

async function open({ configFile, terminal, signal }: CommandContext): Promise<ImportOptions> {
  const { layoutFor, paths } = await import('../../local/layout.js');
  const { localPlatform } = await import('../../local/local-platform.js');
  const { localImportTarget } = await import('../../local/incoming/local-import-target.js');
  const layout = layoutFor(configFile);
  const platform = await localPlatform(layout);
  const target = await localImportTarget(layout, platform.fleet);
  const { site } = platform;
  if (site.app.kind !== 'wordpress') throw new Error('The target has let through what is no WordPress.');
  return {
    platform,
    target,
    site,
    app: site.app,
    importsDir: paths.imports(layout),
    promotionsDir: paths.promotions(layout),
    lockFile: paths.promotionLock(layout),
    report: terminal.report,
    signal,
  };
}

async function agree(context: CommandContext, options: OptionValues): Promise<void> {
  if (options.yes) return;
  refuseWithoutTerminal(context);
  const question = "Replace dev's files and database by this site? What is there is kept under another name.";
  if (await confirm(question, context.signal)) return;
  throw refusal({ code: 'declined', message: 'Nothing was changed.' });
}

async function report(
  { terminal, signal }: CommandContext,
  options: OptionValues,
  { platform, target, app }: ImportOptions,
) {
  const { importFindings } = await import('../../import/report/import-findings.js');
  const { surveyDump } = await import('../../import/survey-dump.js');
  const { lookAtSite } = await import('../../import/site-files.js');
  const { refuseMultisiteImport } = await import('../../import/refusals.js');
  const sources = sourcesOf(options);
  const database = platform.database;
  if (!database) throw new Error('WordPress has no database.');
  const files = await reportTask(terminal.report, 'files', 'Look at the files', () =>
    target.lookAtFiles(sources.files, { report: terminal.report, signal }, ({ folder, wpConfig }) =>
      lookAtSite(folder, wpConfig, signal),
    ),
  );
  const prefix = (options.prefix as string | undefined) ?? files.config.tablePrefix ?? app.tablePrefix;
  const loaded = await reportTask(terminal.report, 'dump', 'Read the dump', () =>
    surveyDump(database, { file: sources.database, schema: options.schema as string | undefined, prefix, signal }),
  );
  refuseMultisiteImport(files, loaded.survey);
  const findings = importFindings({
    files,
    loaded,
    php: await target.php(signal),
    prefix,
    definedPrefix: app.tablePrefix,
  });
  terminal.result({ outcome: 'reported', findings }, () => findingsText(findings));
  return 0;
}

async function end(
  { terminal, signal }: CommandContext,
  { platform, target, app }: ImportOptions,
  result: ImportResult,
) {
  const { importFindings } = await import('../../import/report/import-findings.js');
  const { id, outcome, facts, error } = result;
  if (outcome === 'imported') {
    const php = await target.php(signal);
    const prefix = app.tablePrefix;
    const findings =
      facts.files && facts.database
        ? importFindings({ files: facts.files, loaded: facts.database, php, prefix, definedPrefix: prefix })
        : [];
    const { addresses, exchange, finish } = facts;
    terminal.result({ id, outcome, findings, addresses, kept: exchange, dev: finish }, () =>
      [findingsText(findings), '', importedText(facts, platform.urls)].join('\n'),
    );
    return 0;
  }
  const text = outcome === 'undone' ? 'Dev is as it was.' : 'Dev stands in between.';
  terminal.result({ id, outcome, error }, () => text);
  if (!error || error.code === 'aborted') return 0;
  terminal.error(
    new UnderstudyError({
      ...error,
      ...(outcome === 'stuck' ? { remedy: 'Run `understudy import --resume`, or `understudy import --abort`.' } : {}),
    }),
  );
  return error.kind === 'refused' && outcome === 'undone' ? 3 : error.kind === 'usage' ? 2 : 1;
}
