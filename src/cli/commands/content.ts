import { refusal, usageError } from '../../output/errors.js';
import { reportTask } from '../../output/messages.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { counted, mentionsText, rewrittenText } from '../text/rewrite-text.js';
import { refuseWithoutTerminal } from './promote.js';

export const content: Verb = {
  name: 'content',
  summary: "replace an address in dev's content, in serialised values too",
  examples: [
    ['content replace https://old.example https://new.example --plan', 'what would change; nothing is touched'],
    ['content replace https://old.example https://new.example', 'show that, ask, and do it'],
    ['content replace http://dev.example https://dev.example --yes', 'links within the site that lack the s'],
  ],
  declare: (command) =>
    command
      .argument('<replace>', 'what to do')
      .argument('<from>', 'the address to look for; with http or https, it stands for both')
      .argument('<to>', 'the address to put in its place')
      .option('--plan', 'only say what would change')
      .option('-y, --yes', 'do not ask'),
  onAws: { instead: 'Use it before the content is brought to AWS, or WP-CLI in `understudy shell dev --target aws`.' },
  async run(context, options, [action, fromText = '', toText = '']) {
    if (action !== 'replace') {
      throw usageError({
        code: 'unknown-action',
        message: `There is no "content ${action}".`,
        remedy: 'Say `understudy content replace FROM TO`.',
      });
    }
    const { addressText, parseAddress } = await import('../../content/rewrite/address.js');
    const { addressRewriter } = await import('../../content/rewrite/address-rewriter.js');
    const [from, to] = [parseAddress(fromText), parseAddress(toText)];
    const rewriter = addressRewriter([from], to);
    const asked = { from: addressText(from), to: addressText(to) };
    const database = await openDev(context);
    try {
      const rewrite = (writes: boolean) => rewriteIn(context, database, rewriter, writes);
      if (options.plan || !options.yes) {
        if (!options.plan) refuseWithoutTerminal(context);
        const planned = await rewrite(false);
        const text = rewrittenText(planned.columns, { isPlan: true });
        if (options.plan) {
          context.terminal.result({ ...asked, outcome: 'planned', ...planned }, () => text);
          return 0;
        }
        context.terminal.say(text);
        const values = planned.columns.reduce((sum, one) => sum + one.values, 0);
        if (values === 0) return 0;
        if (!(await confirm(`Change ${counted(values, 'value')} in dev?`, context.signal))) {
          throw refusal({ code: 'declined', message: 'Nothing was changed.' });
        }
      }
      const done = await rewrite(true);
      const mentions = await scan(context, database, rewriter.hosts);
      // An address that only has got another scheme or port names the same host as before.
      const isSameHost = to.host === from.host;
      context.terminal.result({ ...asked, outcome: 'replaced', ...done, mentions }, () =>
        [rewrittenText(done.columns, { isPlan: false }), ...(isSameHost ? [] : [mentionsText(mentions)])].join('\n'),
      );
      return 0;
    } finally {
      await database.connection.end();
    }
  },
};

type DevDatabase = Awaited<ReturnType<typeof openDev>>;

async function openDev({ configFile }: CommandContext) {
  const { layoutFor, paths } = await import('../../local/layout.js');
  const { localPlatform } = await import('../../local/local-platform.js');
  const { refuseWhileExchanging } = await import('../../import/interrupted-import.js');
  const layout = layoutFor(configFile);
  // Its tables may be half those of before and half those of the import.
  await refuseWhileExchanging(paths.imports(layout));
  const platform = await localPlatform(layout);
  if (!platform.database) {
    throw refusal({ code: 'no-database', message: 'This site has no database.' });
  }
  const { databases } = platform.database;
  const { primary } = await databases.topology();
  const connection = await databases.connect(primary, 'dev');
  const [row] = await connection.query<{ name: string }>('SELECT DATABASE() AS name');
  return { connection, schema: row?.name ?? '' };
}

async function rewriteIn(
  { terminal, signal }: CommandContext,
  { connection, schema }: DevDatabase,
  rewriter: import('../../content/rewrite/address-rewriter.js').AddressRewriter,
  writes: boolean,
) {
  const { rewriteDatabase, rewriteTask } = await import('../../content/rewrite/rewrite-database.js');
  return reportTask(terminal.report, rewriteTask, writes ? 'Replace addresses' : 'Look for addresses', () =>
    rewriteDatabase(connection, { schema, rewriter, writes, report: terminal.report, signal }),
  );
}

async function scan(
  { terminal, signal }: CommandContext,
  { connection, schema }: DevDatabase,
  hosts: readonly string[],
) {
  const { scanForHosts } = await import('../../content/rewrite/scan.js');
  return reportTask(terminal.report, 'scan', 'Look for what is left', () =>
    scanForHosts(connection, { schema, hosts, signal }),
  );
}
