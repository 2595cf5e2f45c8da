import { sequenceOf, toPosition } from '../../platform/position.js';
import type { FileChanges } from '../../platform/releases.js';
import { planMedia } from '../../release/media-plan.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { keepPlan } from '../plan-store.js';
import { need, type Step } from '../step.js';

const start = toPosition('');
const nothing: FileChanges = { added: [], changed: [], deleted: [] };

/** Tells what will change, between the edition in prod and the release and position that were staged. */
export const plan = (promotionsDir: string): Step<PromotionContext, PromotionFacts, 'plan'> => ({
  id: 'plan',
  title: 'Work out what will change',
  async do({ platform, signal, request }, before) {
    const staged = need(before, 'stage');
    const { previous } = need(before, 'preflight');
    const files = await platform.releases.compare(previous?.release, staged.release);
    const folders = platform.files.media;
    // A rollback leaves content where it is, and media is content.
    const media = folders && request.kind !== 'rollback' ? await planMedia(folders, signal) : nothing;
    const transactions = sequenceOf(staged.position ?? start) - sequenceOf(previous?.position ?? start);
    return {
      hash: await keepPlan(promotionsDir, staged, previous),
      release: staged.release,
      position: staged.position,
      replaces: previous?.id ?? null,
      files,
      media,
      content: { transactions },
      problems: [],
      estimateMs: estimate(files, request.bakeSeconds),
    };
  },
});

/** From runs on a machine with 2 cores: 4 s for the steps themselves, and 1 ms for each file that is unpacked. */
function estimate(files: FileChanges, bakeSeconds: number): number {
  return 4_000 + files.added.length + files.changed.length + bakeSeconds * 1000;
}
