import { describe, expect, it } from 'vitest';
import { type Answer, judge, type PageInQuestion, unexplained } from '../../../../src/promotion/canary/judge-page.js';
import { parsePageLog } from '../../../../src/promotion/canary/page-log.js';
import type { PostRow } from '../../../../src/promotion/canary/post-pages.js';

const answer = (body: string, status = 200, log = ''): Answer => ({
  ...{ status, body, headers: {}, ms: 1 },
  log: parsePageLog(log),
});
const page = (next: Answer, now: Answer | undefined, more: Partial<PageInQuestion> = {}): PageInQuestion => ({
  ...{ expectation: { path: '/' }, isListed: false, statusExplained: false, scope: 'anywhere' as const },
  ...{ next, now },
  ...more,
});
const post = (title: string, status = 'publish', content = ''): PostRow => ({
  ...{ id: 1, type: 'post', password: '', date: '2026-01-01' },
  ...{ title, status, content },
});
const words = 'A sentence of enough words to be found.';
const logged = (line: string) => `[22-Nov-2026 18:00:00 UTC] ${line}\n`;
const warning = (line: number) => logged(`PHP Warning:  Undefined x in /s/editions/7/wp-content/a.php on line ${line}`);

describe('a page of the new edition', () => {
  it.each<[string, PageInQuestion, string | undefined]>([
    ['like the present one is right', page(answer('a'), answer('b')), undefined],
    ['that was broken and is mended is right', page(answer('a'), answer('b', 500)), undefined],
    ['with another status is wrong', page(answer('', 404), answer('')), 'answers 404 and in the present edition 200'],
    [
      'with another status that the plan explains is right',
      page(answer('', 404), answer(''), { statusExplained: true }),
      undefined,
    ],
    [
      'that the definition lists is judged by that alone',
      page(answer('', 410), answer(''), { isListed: true, expectation: { path: '/', status: 410 } }),
      undefined,
    ],
    ['without its end is wrong', page(answer('<html>a'), answer('<html>a</html>\n<!-- 3 s -->')), 'is cut off'],
    ['with a new warning is wrong', page(answer('', 200, warning(3)), answer('')), 'logs what'],
    [
      'with the same warning at another line is right',
      page(answer('', 200, warning(3)), answer('', 200, warning(9))),
      undefined,
    ],
    [
      'with a deprecation is right',
      page(answer('', 200, logged('PHP Deprecated:  x in y on line 1')), answer('')),
      undefined,
    ],
    [
      'with a statement that the database refused is wrong',
      page(answer('', 200, logged("WordPress database error Table 'x' doesn't exist")), answer('')),
      'logs what',
    ],
    [
      'that ended in a fatal error is wrong, whatever it answers',
      page(answer('ok', 200, logged('PHP Fatal error:  Uncaught Error: x in /s/editions/7/a.php:3')), undefined),
      'ended in an error of PHP',
    ],
    [
      'of a post shows its new title',
      page(answer('Neu'), answer('Old'), { post: { before: post('Old'), after: post('New') } }),
      'does not show "New"',
    ],
    [
      'whose theme shows no titles is right without',
      page(answer('x'), answer('y'), { post: { before: post('Old'), after: post('New') } }),
      undefined,
    ],
    [
      'of a post shows its text',
      page(answer('T'), answer(`T ${words}`), {
        post: { before: post('T', 'publish', words), after: post('T', 'publish', words) },
      }),
      'does not show the text',
    ],
    [
      'of a post that is taken away must not show it',
      page(answer('Secret'), answer('Secret'), { post: { before: post('Secret'), after: post('Secret', 'draft') } }),
      'still shows "Secret"',
    ],
  ])('%s', (_, given, wrong) => {
    const judged = judge(given, 'https://dev.example.com');
    if (wrong === undefined) expect(judged).toBeUndefined();
    else expect(judged).toContain(wrong);
  });
});

describe('text that differs', () => {
  it('is explained by what the posts of the plan say, by numbers and by times', () => {
    const now = answer('<p>Old title</p><p>3 comments</p><i>(2)</i>');
    const next = answer('<p>New title</p><p>3 comments</p><i>(3)</i><p>10:31</p>');
    expect(unexplained(now, next, 'thenewtitlestands oldtitle')).toEqual([]);
    expect(unexplained(now, next, 'oldtitle')).toEqual(['New title']);
  });
});
