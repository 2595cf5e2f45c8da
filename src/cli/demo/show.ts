import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Visitors, type VisitorsReport } from '../../drills/visitors.js';
import type { UpResult } from '../../local/control-plane/api.js';
import { layoutFor, paths } from '../../local/layout.js';
import { localPlatform } from '../../local/local-platform.js';
import { accountFor } from '../../local/machine/accounts.js';
import { locatePrograms } from '../../local/machine/find-programs.js';
import { UnderstudyError } from '../../output/errors.js';
import { reportTask } from '../../output/messages.js';
import { run } from '../../process/run.js';
import { fetchPage } from '../../promotion/pages.js';
import type { PromotionResult } from '../../promotion/result.js';
import type { CommandContext } from '../command.js';
import { startPromotion } from '../start-promotion.js';

/** What `npm run demo -- --json` prints. */
export interface DemoReport {
  readonly before: { readonly prodShowsEdit: boolean };
  readonly after: { readonly prodShowsEdit: boolean };
  readonly visitors: VisitorsReport;
  readonly urls: Readonly<Record<'dev' | 'prod', string>>;
  readonly startMs: number;
  readonly promotions: readonly PromotionResult[];
}

/** Long enough to see that visitors are served well after the switch. */
const bakeSeconds = 5;

/** Promotes, edits dev, looks at prod, and promotes again while visitors keep asking. The platform is up. */
export async function showPromotion(context: CommandContext, up: UpResult): Promise<DemoReport> {
  const { configFile, terminal } = context;
  const layout = layoutFor(configFile);
  const platform = await localPlatform(layout);
  const promotions: PromotionResult[] = [];
  const promote = async () => {
    const result = await startPromotion(context, { kind: 'promote', bakeSeconds, force: false });
    promotions.push(result);
    if (result.outcome !== 'promoted') throw notPromoted(result);
  };
  if (!(await platform.releases.currentEdition())) {
    terminal.say('First promotion: prod has nothing yet.');
    await promote();
  }
  const mark = `edited in dev ${randomBytes(4).toString('hex')}`;
  const prodShowsEdit = async () => {
    const [instance] = await platform.fleet.instances('prod');
    if (!instance) return false;
    const { origin } = instance;
    const page = await fetchPage({ origin, siteUrl: up.urls.prod, path: '/', signal: context.signal });
    return page.body.includes(mark);
  };
  await reportTask(terminal.report, 'edit', 'Edit a post and a file in dev', () => editDev(context, mark));
  const before = { prodShowsEdit: await prodShowsEdit() };
  terminal.say('Second promotion, while visitors keep asking for pages of prod.');
  const visitors = new Visitors({
    url: up.urls.prod,
    address: '127.0.0.1',
    authority: await readFile(up.authorityFile, 'utf8'),
    paths: ['/', '/feed/', '/?s=hello', '/sample-page/', '/hello-world/'],
    perSecond: 100,
  });
  const report = await promote().then(
    () => visitors.stop(),
    async (error) => {
      await visitors.stop();
      throw error;
    },
  );
  const after = { prodShowsEdit: await prodShowsEdit() };
  return { before, after, visitors: report, urls: up.urls, startMs: up.ms, promotions };
}

/** What an author and a developer do: a post is changed through WordPress, and a file of a plugin is added. */
async function editDev({ configFile, signal }: CommandContext, mark: string): Promise<void> {
  const root = paths.devRoot(layoutFor(configFile));
  const as = { cwd: root, as: accountFor('dev'), signal };
  await run(locatePrograms().php, [], { ...as, input: editProgram(mark) });
}

const editProgram = (mark: string) => `<?php
require 'wp-load.php';
$post = get_posts(['numberposts' => 1, 'post_status' => 'publish'])[0] ?? null;
$text = '${mark}';
$edit = ['post_title' => $text, 'post_content' => $text, 'post_status' => 'publish'];
$id = $post ? wp_update_post(['ID' => $post->ID] + $edit, true) : wp_insert_post($edit, true);
if (is_wp_error($id)) { fwrite(STDERR, $id->get_error_message()); exit(1); }
$folder = WP_CONTENT_DIR . '/plugins/understudy-demo';
if (!is_dir($folder)) { mkdir($folder, 0755, true); }
file_put_contents($folder . '/understudy-demo.php', "<?php\\n// Plugin Name: Understudy demo\\n// $text\\n");
`;

function notPromoted({ error }: PromotionResult): UnderstudyError {
  return new UnderstudyError({
    code: 'demo-failed',
    message: `The promotion was not carried out: ${error?.message ?? 'no reason was given'}`,
    remedy: error?.remedy ?? 'Read `understudy logs`.',
  });
}
