import { hasCode, refusal } from '../../output/errors.js';
import { sequenceOf, toPosition } from '../../platform/position.js';
import type { FileChanges } from '../../platform/releases.js';
import { planMedia } from '../../release/media-plan.js';
import { requireRoom } from '../../release/room.js';
import type { PromotionContext } from '../context.js';
import { earlierRuns } from '../earlier-runs.js';
import { isEmptyPlan } from '../empty-plan.js';
import { amountsOf, estimate } from '../estimate.js';
import type { PlanProblem, PromotionFacts, PromotionPlan } from '../facts.js';
import { planContent } from '../plan-content.js';
import { keepPlan, planHash, readKeptPlan } from '../plan-store.js';
import { need, type Step } from '../step.js';
import { writingPluginProblems } from '../writing-plugins.js';

const start = toPosition('');
const nothing: FileChanges = { added: [], changed: [], deleted: [] };

/** Tells what will change, between the edition in prod and the release and position that were staged. */
export const plan = (promotionsDir: string): Step<PromotionContext, PromotionFacts, 'plan'> => ({
  id: 'plan',
  title: 'Work out what will change',
  async do(context, before) {
    const { platform, site, signal, request } = context;
    const { previous, warnings } = need(before, 'preflight');
    const isRollback = request.kind === 'rollback';
    const kept = request.planHash === undefined ? undefined : await readKeptPlan(promotionsDir, request.planHash);
    const staged = need(before, 'stage');
    const compared = await planContent(context, kept ? null : previous, staged);
    const planned = { ...staged, ...compared.at };
    const { position, source } = planned;
    const { groups, ...files } = await platform.releases.compare(previous?.release, staged.release);
    const folders = platform.files.media;
    // A rollback leaves content where it is, and media is content.
    const media = folders && !isRollback ? await planMedia(folders, signal) : nothing;
    const transactions = sequenceOf(position ?? start) - sequenceOf(previous?.position ?? start);
    const room = await roomProblems(context, staged.release, files, media);
    const { changes } = kept ?? compared;
    const { pinned } = kept ?? compared;
    const moved = {
      files: { ...files, groups: site.app.kind === 'wordpress' ? groups : [] },
      media,
      content: { transactions, changes, pinned },
    };
    const plan: PromotionPlan = {
      hash: planHash(planned, previous),
      release: staged.release,
      position,
      source,
      replaces: previous?.id ?? null,
      ...moved,
      configurationChanged: await hasOtherConfiguration(context, previous?.id),
      problems: [...room, ...(await writingPluginProblems(context)), ...compared.problems, ...warnings],
      estimateMs: estimate(amountsOf(moved), await earlierRuns(promotionsDir), request.bakeSeconds),
    };
    if (request.kind !== 'plan') refuseUnfit(plan, request.kind === 'promote');
    // What a rollback does is not to be done by its hash: it would take content along.
    if (!isRollback) await keepPlan(promotionsDir, { staged: planned, previous, changes, pinned });
    return plan;
  },
});

async function hasOtherConfiguration({ platform }: PromotionContext, previous: number | undefined): Promise<boolean> {
  if (previous === undefined) return false;
  const record = (await platform.editions.list()).find(({ edition }) => edition.id === previous);
  return record?.configuration !== (await platform.fleet.configuration());
}

/** What it takes on this machine's disk: the canary has a whole edition, the others link what has not changed. */
async function roomProblems(
  { platform }: PromotionContext,
  number: number,
  files: FileChanges,
  media: FileChanges,
): Promise<readonly PlanProblem[]> {
  const release = (await platform.releases.list()).find((one) => one.number === number);
  const instances = await platform.fleet.instances('prod');
  const bytes = (release?.bytes ?? 0) + instances.length * bytesTo(files) + bytesTo(media);
  try {
    await requireRoom(platform.files.devDocumentRoot, bytes, 'This promotion');
    return [];
  } catch (error) {
    if (!hasCode(error, 'disk-full')) throw error;
    return [{ severity: 'error', code: error.code, text: error.message }];
  }
}

const bytesTo = ({ added, changed }: FileChanges) => [...added, ...changed].reduce((sum, { to }) => sum + to, 0);

function refuseUnfit(plan: PromotionPlan, mustChange: boolean): void {
  const error = plan.problems.find(({ severity }) => severity === 'error');
  if (error) {
    const { code, text, remedy = 'Mend that, and promote again.' } = error;
    throw refusal({ code, message: text, remedy });
  }
  if (!mustChange || !isEmptyPlan(plan)) return;
  throw refusal({
    code: 'nothing-to-promote',
    message: `Nothing has changed in dev since edition ${plan.replaces} was promoted.`,
    remedy: 'Edit something in dev, and promote again.',
  });
}
