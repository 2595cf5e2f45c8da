import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silent } from '../../../src/output/messages.js';
import type { PromotionContext } from '../../../src/promotion/context.js';
import type { PromotionFacts } from '../../../src/promotion/facts.js';
import { promotionSteps } from '../../../src/promotion/pipeline.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';

/** What the canary sees on a WordPress site, each fault really there, in dev's code or on the replica. */
describe('the canary', () => {
  let site: TestPlatform;
  beforeAll(async () => {
    site = await startPlatform();
    expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => site?.destroy());

  const plugin = (body: string) => site.writeDevFile('wp-content/mu-plugins/tried.php', `<?php\n${body}`);

  /**
   * Stages and plans dev as it is, and tries the edition.
   * @param tamper done to the second replica, which is moved only then: that takes most of the time
   */
  async function tryIt(tamper?: () => Promise<void>): Promise<Partial<PromotionFacts>> {
    const { platform } = site;
    const { signal } = new AbortController();
    const request = { id: 'x', kind: 'promote', by: 'a test', at: '', bakeSeconds: 0, force: false } as const;
    const context: PromotionContext = { platform, site: site.site, request, report: silent, signal };
    const steps = promotionSteps(request, platform, `${site.dir}/promotions`);
    const facts: Partial<PromotionFacts> = {};
    const begun: (typeof steps)[number][] = [];
    try {
      for (const step of steps.slice(
        0,
        steps.findIndex(({ id }) => id === 'warm'),
      )) {
        if (!tamper && (step.id === 'drain' || step.id === 'advance')) continue;
        if (step.id === 'canary') await tamper?.();
        begun.unshift(step);
        Object.assign(facts, { [step.id]: await step.do(context, facts) });
      }
      return facts;
    } finally {
      for (const step of begun) await step.undo?.(context, facts);
    }
  }

  const wrong = (message: RegExp) => ({ code: 'page-wrong', message: expect.stringMatching(message) });

  it('compares every page that the plan does not name with the present edition, text for text', async () => {
    await site.editPost('A title for the first post, of "which" all is told');
    const { canary } = await tryIt(async () => undefined);
    const pages = new Map(canary?.pages.map((page) => [page.path, page]));
    expect(pages.get('/sample-page/')).toMatchObject({ status: 200, compared: true });
    expect(pages.get('/')).toMatchObject({ status: 200, compared: true });
    expect(pages.get('/hello-world/')).toMatchObject({ status: 200, compared: false });
  });

  it('sees text on a page that the plan does not change', async () => {
    const { database } = site.platform;
    if (!database) throw new Error('The site has no database.');
    await site.editPost('Another title');
    const overwrite = async () => {
      const operator = await database.databases.connect('replica-2', 'operator');
      await operator.query('SET GLOBAL read_only = 0');
      const dev = await database.databases.connect('replica-2', 'dev');
      await dev.query(
        "UPDATE wp_posts SET post_content = CONCAT(post_content, '<p>Buy cheap watches</p>') WHERE post_name = 'sample-page'",
      );
      await operator.query('SET GLOBAL read_only = 1');
      await Promise.all([operator.end(), dev.end()]);
    };
    await expect(tryIt(overwrite)).rejects.toMatchObject(wrong(/^\/sample-page\/ of the new edition .*watches/));
  });

  it.each([
    ['a page that ends before it is complete, with 200', "add_action('loop_start', fn () => exit);", /is cut off/],
    ['a fatal error after the first output', "add_action('wp_footer', fn () => no_such());", /error of PHP.*no_such/],
    ['a warning that is new', "add_action('wp_head', fn () => [][3]);", /logs what.*Undefined array key 3/],
    [
      "dev's address",
      "add_action('wp_footer', fn () => print '<a href=\"https://dev.tested.localhost/\">x</a>');",
      /contains dev's address/,
    ],
    [
      'another status',
      "add_action('template_redirect', fn () => is_page('sample-page') && status_header(410));",
      /^\/sample-page\/ .*answers 410 and in the present edition 200/,
    ],
    [
      'a post that is not shown any more',
      "add_filter('the_content', fn ($text) => is_page('sample-page') ? '' : $text);",
      /^\/sample-page\/ .*does not show the text/,
    ],
  ])('refuses %s', async (_, code, message) => {
    await plugin(code);
    await expect(tryIt()).rejects.toMatchObject(wrong(message));
    await site.removeDevFile('wp-content/mu-plugins/tried.php');
  });

  it('lets pass what is deprecated', async () => {
    await plugin("add_action('wp_head', fn () => trigger_error('old', E_USER_DEPRECATED));");
    expect((await tryIt()).canary?.pages.length).toBeGreaterThan(6);
    await site.removeDevFile('wp-content/mu-plugins/tried.php');
  });
});
