import { refusal } from '../../output/errors.js';
import type { EditionRecord } from '../../platform/editions.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { need, type Step } from '../step.js';

/**
 * In place of staging, for a rollback: takes a release that prod has served before, and leaves content where it is.
 * Refused where that code has seen another shape of database, unless forced.
 */
export const chooseRelease: Step<PromotionContext, PromotionFacts, 'stage'> = {
  id: 'stage',
  title: 'Find the release to go back to',
  async do({ platform, request }, before) {
    const { previous: current } = need(before, 'preflight');
    if (!current) {
      throw refusal({
        code: 'nothing-to-roll-back',
        message: 'Nothing has been promoted yet.',
        remedy: 'Run `understudy promote`.',
      });
    }
    const wanted = request.toRelease;
    if (wanted === current.release) {
      throw refusal({
        code: 'release-in-use',
        message: `Prod serves release ${wanted} already.`,
        remedy: 'Run `understudy releases` to see which others there are.',
      });
    }
    const [history, kept] = await Promise.all([platform.editions.list(), platform.releases.list()]);
    const releaseOf = ({ edition }: EditionRecord) => kept.find(({ number }) => number === edition.release);
    const served = history.find(
      (record) =>
        releaseOf(record) &&
        (wanted === undefined ? record.edition.release < current.release : record.edition.release === wanted),
    );
    const release = served && releaseOf(served);
    if (!served || !release) {
      throw refusal({
        code: 'release-not-kept',
        message:
          wanted === undefined
            ? 'No earlier release that prod has served is kept.'
            : `Release ${wanted} is not one that prod has served and that is kept.`,
        remedy: 'Run `understudy releases` to see which are.',
      });
    }
    refuseOtherSchema(history.find(({ edition }) => edition.id === current.id)?.schema, served.schema, request.force);
    return { release: release.number, releaseHash: release.hash, position: current.position ?? null, source: null };
  },
};

function refuseOtherSchema(now: string | null | undefined, then: string | null, force: boolean): void {
  if (force || now === then) return;
  throw refusal({
    code: 'schema-changed',
    message: 'The database has changed its shape since that release: its code may not understand it.',
    remedy: 'Mend it in dev and promote; or go back all the same with --force.',
  });
}
