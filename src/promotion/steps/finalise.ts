import { messageOf } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { GatedDatabase } from '../../platform/platform.js';
import { finishMedia } from '../../release/media-switch.js';
import { reviseEverywhere } from '../../replication/revise-edition.js';
import { advanceDeadline } from '../advance-deadline.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { prunePlans } from '../plan-store.js';
import { pruneReleases } from '../prune.js';
import { schemaOf } from '../schema-of.js';
import { mediaOf } from '../staged.js';
import { need, type Step } from '../step.js';

/**
 * Gives up the way back and makes prod redundant again: the other replica follows to the same position, the edition
 * names both, and what only the previous edition needed is removed. Every line may be repeated.
 */
export const finalise = (promotionsDir: string): Step<PromotionContext, PromotionFacts, 'finalise'> => ({
  id: 'finalise',
  title: 'Make it final: both replicas, old editions removed',
  irreversible: true,
  async do(context, before) {
    const { platform, site } = context;
    const { database } = platform;
    const edition = database ? await makeRedundant(context, database, before) : need(before, 'canary').edition;
    await platform.editions.record({
      edition,
      schema: database ? await schemaOf(database.databases, edition, site) : null,
      configuration: await platform.fleet.configuration(),
      switchedAt: new Date().toISOString(),
    });
    if (platform.files.media) await finishMedia(platform.files.media.prod, mediaOf(before));
    await cleanInstances(context, edition);
    await pruneReleases(context, edition);
    await prunePlans(promotionsDir, edition);
    return { edition };
  },
});

/** @returns the edition with both replicas, which stand at its position and get traffic */
async function makeRedundant(
  context: PromotionContext,
  database: GatedDatabase,
  before: Partial<PromotionFacts>,
): Promise<Edition> {
  const { edition: during } = need(before, 'canary');
  const { drain } = before;
  const isBoth = drain !== undefined && (await follow(context, database, drain, during));
  const edition = isBoth ? { ...during, replicas: [drain.kept, drain.advanced].sort() } : during;
  await reviseEverywhere(context.platform, edition);
  for (const replica of edition.replicas) await database.routing.setWeight(replica, 100);
  return edition;
}

/**
 * Brings A to where B stands; if A was lost in the bake, it is made a copy of B, where that can be.
 * @returns whether it stands there
 */
async function follow(
  { report, signal }: PromotionContext,
  database: GatedDatabase,
  { kept, advanced }: PromotionFacts['drain'],
  { position }: Edition,
): Promise<boolean> {
  if (position === undefined) throw new Error('A site with a database has an edition without a position.');
  try {
    const from = (await database.gate.status(kept)).position;
    await database.gate.advance(kept, position, { signal, deadlineMs: advanceDeadline(from, position) });
  } catch (error) {
    if (database.rebuildsFrom === 'primary') {
      signal.throwIfAborted();
      const text = `${kept} cannot follow (${messageOf(error)}): prod is served by ${advanced} alone. Run \`understudy replica rebuild ${kept}\`.`;
      report({ kind: 'note', level: 'warning', text });
      return false;
    }
    const text = `${kept} cannot follow (${messageOf(error)}) and is made a copy of ${advanced}.`;
    report({ kind: 'note', level: 'warning', text });
    await database.rebuild(kept, advanced, { report, signal });
  }
  return true;
}

/** One after the other: each is out of traffic for a moment. */
async function cleanInstances({ platform, report }: PromotionContext, edition: Edition): Promise<void> {
  for (const { id } of await platform.fleet.instances('prod')) {
    await platform.fleet.prune(id, [edition.id]);
    await platform.fleet.refresh(id);
    report({ kind: 'note', level: 'info', text: `${id}: PHP started anew` });
  }
}
