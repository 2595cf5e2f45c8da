import { messageOf, refusal, UnderstudyError } from '../../output/errors.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { GatedDatabase } from '../../platform/platform.js';
import { type Position, sequenceOf } from '../../platform/position.js';
import type { FileChanges } from '../../platform/releases.js';
import { copyMedia } from '../../release/media-copy.js';
import { planMedia } from '../../release/media-plan.js';
import { advanceDeadline } from '../advance-deadline.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { need, type Step } from '../step.js';

const nothing: FileChanges = { added: [], changed: [], deleted: [] };

/**
 * Ends that prod follows dev: both gates are closed, and the slower replica comes to exactly where the faster one
 * stands. From then on prod is frozen, while its pages are still the short-lived ones. Uploads come last, so that
 * there is a file for everything that the content refers to.
 */
export const settle = (database: GatedDatabase): Step<PromotionContext, PromotionFacts, 'settle'> => ({
  id: 'settle',
  title: 'Close both gates, at one position',
  async do(context, before) {
    const { platform, report, signal } = context;
    const followed = followedEdition(before);
    const release = (await platform.releases.list()).find(({ number }) => number === followed.release);
    if (!release) throw new Error(`Release ${followed.release}, which prod serves, is not kept.`);
    // Recorded first: from here on nobody opens a gate again that was closed.
    await platform.releases.setCurrentEdition(inState(followed, 'closing'));
    const position = await bringTogether(context, database, followed.replicas);
    const folders = platform.files.media;
    const media = folders ? await planMedia(folders, signal) : nothing;
    if (folders) await copyMedia(folders, media, { report, signal });
    return { release: release.number, releaseHash: release.hash, position, source: null, media };
  },
  async verify(_, facts) {
    const { position } = need(facts, 'settle');
    for (const replica of followedEdition(facts).replicas) {
      const seen = await database.gate.status(replica);
      if (seen.gate === 'closed' && seen.position === position) continue;
      throw new UnderstudyError({
        code: 'replica-not-at-position',
        message: `${replica} stands at ${seen.position} with its gate ${seen.gate}, not at ${position}, closed.`,
      });
    }
  },
  async undo({ platform, report }, facts) {
    const followed = followedEdition(facts);
    await platform.releases.setCurrentEdition(inState(followed, 'open'));
    for (const replica of followed.replicas) {
      // Whoever supervises the platform opens it as soon as that is possible: it is recorded to be open.
      await database.gate.open(replica).catch((error) => {
        report({ kind: 'note', level: 'warning', text: `${replica} does not follow yet: ${messageOf(error)}` });
      });
    }
  },
});

const inState = (edition: Edition, gates: 'open' | 'closing'): Edition => ({
  ...edition,
  following: edition.following && { ...edition.following, gates },
});

/** @throws refusal `not-following` */
export function followedEdition(facts: Partial<PromotionFacts>): Edition {
  const { previous } = need(facts, 'preflight');
  if (previous?.following) return previous;
  throw refusal({
    code: 'not-following',
    message: 'Prod does not follow dev.',
    remedy: 'Run `understudy sync start` to let it.',
  });
}

/**
 * Closes every gate, then brings all replicas to the furthest position that dev has, too. One that cannot be closed or
 * cannot follow is made a copy of one that stands there.
 */
async function bringTogether(
  { report, signal }: PromotionContext,
  database: GatedDatabase,
  replicas: readonly ServerId[],
): Promise<Position> {
  const { gate } = database;
  const reached = new Map<ServerId, Position>();
  let problem: unknown;
  for (const replica of replicas) {
    try {
      await gate.close(replica);
      const { position, errant } = await gate.status(replica);
      if (errant !== undefined) throw errantError(replica, errant);
      await gate.requireKnown(position);
      reached.set(replica, position);
    } catch (error) {
      signal.throwIfAborted();
      problem = error;
    }
  }
  const [first, ...others] = [...reached].sort(([, a], [, b]) => sequenceOf(b) - sequenceOf(a));
  if (!first) throw problem;
  const [furthest, target] = first;
  for (const replica of replicas.filter((id) => id !== furthest)) {
    try {
      const from = others.find(([id]) => id === replica)?.[1];
      if (from === undefined) throw problem;
      await gate.advance(replica, target, { signal, deadlineMs: advanceDeadline(from, target) });
    } catch (error) {
      signal.throwIfAborted();
      const text = `${replica} cannot follow (${messageOf(error)}) and is made a copy of ${furthest}.`;
      report({ kind: 'note', level: 'warning', text });
      await database.rebuild(replica, furthest, { report, signal });
    }
  }
  return target;
}

const errantError = (replica: ServerId, errant: string) =>
  new UnderstudyError({
    code: 'errant-transactions',
    message: `${replica} has transactions that dev does not have (${errant}).`,
  });
