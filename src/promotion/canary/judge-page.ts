import { type Expectation, type Page, whatIsWrong } from '../pages.js';
import { newWarnings, type PageLog } from './page-log.js';
import type { PlanScope } from './plan-scope.js';
import type { PostPair, PostRow } from './post-pages.js';
import { isNumberOrTime, lettersOf, missingFrom, ownSentences, visibleText } from './visible-text.js';

/** A page with what PHP logged while it was made. */
export interface Answer extends Page {
  readonly log: PageLog;
}

/** A page of both editions, and what is known about it. */
export interface PageInQuestion {
  readonly expectation: Expectation;
  /** Whether the definition lists it: then what that says is judged by, in place of the present edition. */
  readonly isListed: boolean;
  /** Undefined where there is nothing to compare with: before the first promotion, and in a rollback. */
  readonly now: Answer | undefined;
  readonly next: Answer;
  /** The post whose page it is, as it is in both editions. */
  readonly post?: PostPair;
  /** Whether the plan says why its status may change. */
  readonly statusExplained: boolean;
  readonly scope: PlanScope;
}

/** What is wrong with the new edition's answer, as the end of a sentence; undefined if nothing is. */
export function judge(page: PageInQuestion, foreignUrl: string): string | undefined {
  const { next, now, isListed, expectation } = page;
  const [fatal] = next.log.fatal;
  if (fatal !== undefined) return `ended in an error of PHP (${fatal})`;
  const wrong = whatIsWrong(next, expectation, foreignUrl);
  if (wrong !== undefined) return wrong;
  // What is broken now is no measure.
  if (!now || now.status >= 500 || now.log.fatal.length > 0) return undefined;
  const [warning] = newWarnings(now.log, next.log);
  if (warning !== undefined) return `logs what the present edition does not (${warning})`;
  if (isCutOff(now, next)) return 'is cut off: the present edition ends it with </html>';
  if (isListed) return undefined;
  if (now.status !== next.status && !page.statusExplained) {
    return `answers ${next.status} and in the present edition ${now.status}, which the plan does not explain`;
  }
  return page.post && wordsMissing(page, page.post);
}

/** PHP that ends early, by itself or by `exit`, sends what it has with status 200. */
function isCutOff(now: Page, next: Page): boolean {
  const isWhole = ({ body }: Page) => /<\/html>\s*(?:<!--[\s\S]*?-->\s*)*$/i.test(body.slice(-2_000));
  return now.status === 200 && next.status === 200 && isWhole(now) && !isWhole(next);
}

/** A post that the present edition shows must be shown as the plan leaves it. */
function wordsMissing({ now, next }: PageInQuestion, { before, after }: PostPair): string | undefined {
  const shownNow = now?.status === 200 ? lettersOf(visibleText(now.body).join(' ')) : '';
  const shownNext = next.status === 200 ? lettersOf(visibleText(next.body).join(' ')) : '';
  const shows = (shown: string, text: string) => lettersOf(text) !== '' && shown.includes(lettersOf(text));
  const title = (row: PostRow) => visibleText(row.title).join(' ');
  if (after?.status === 'publish' && after.password !== '') return undefined;
  if (after?.status !== 'publish') {
    const still = before && next.status === 200 && shows(shownNext, title(before)) && shows(shownNow, title(before));
    return still ? `still shows "${title(before)}", which the plan takes away` : undefined;
  }
  if (next.status !== 200 || !before || !shows(shownNow, title(before))) return undefined;
  if (lettersOf(title(after)) !== '' && !shows(shownNext, title(after))) return `does not show "${title(after)}"`;
  // Only a theme that shows what its author wrote can be asked for what its author wrote.
  const [told] = ownSentences(before.content);
  if (told === undefined || !shows(shownNow, told)) return undefined;
  const lost = ownSentences(after.content)
    .slice(0, 3)
    .find((sentence) => !shows(shownNext, sentence));
  return lost === undefined ? undefined : `does not show the text "${lost.slice(0, 80)}"`;
}

/**
 * Text that is in one edition's page alone and that the plan does not account for.
 * @param planned letters of everything that the posts of the plan show, in either edition
 */
export function unexplained(now: Page, next: Page, planned: string): readonly string[] {
  const [before, after] = [visibleText(now.body), visibleText(next.body)];
  return [...missingFrom(before, after), ...missingFrom(after, before)].filter(
    (piece) => !isNumberOrTime(piece) && !planned.includes(lettersOf(piece)),
  );
}
