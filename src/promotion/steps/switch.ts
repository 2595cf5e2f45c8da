import { hasCode, UnderstudyError } from '../../output/errors.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { Fleet } from '../../platform/fleet.js';
import type { GatedDatabase } from '../../platform/platform.js';
import { waitUntil } from '../../process/wait.js';
import { applyMedia, revertMedia } from '../../release/media-switch.js';
import type { PromotionContext } from '../context.js';
import { previousEdition } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { fetchPage } from '../pages.js';
import { mediaOf } from '../staged.js';
import { need, type Step } from '../step.js';

/** A replica that was restarted is back within this. */
const answerMs = 10_000;

/**
 * The moment at which visitors get the new edition: one link on each instance, renamed on all of them together.
 * It is recorded first, so that an instance that boots from here on boots into the new edition. It ends with every
 * instance on it, wherever an earlier attempt was cut off.
 */
export const switchOver: Step<PromotionContext, PromotionFacts, 'switch'> = {
  id: 'switch',
  title: 'Switch visitors to the new edition',
  async check({ platform }, before) {
    // Time may have passed since the replica was advanced: a run that is resumed begins where the last one was lost.
    if (platform.database) await requireContent(platform.database, need(before, 'canary').edition);
  },
  async do({ platform, signal }, before) {
    const { edition } = need(before, 'canary');
    const prepared = await prepareAll(platform.fleet, edition, signal);
    if (platform.files.media) await applyMedia(platform.files.media.prod, mediaOf(before));
    await platform.releases.setCurrentEdition(edition);
    // Listed once more: one that has joined since then has read the record too early, or is in this list.
    const instances = await prepareAll(platform.fleet, edition, signal, prepared);
    const { spreadMs } = await platform.fleet.switch(instances, edition.id);
    return { instances, spreadMs, switchedAt: Date.now() };
  },
  async verify({ platform, signal }, facts) {
    const { edition } = need(facts, 'canary');
    const instances = await platform.fleet.instances('prod');
    await Promise.all(
      instances.map(async ({ id, origin }) => {
        const page = await fetchPage({ origin, siteUrl: platform.urls.prod, path: '/', signal });
        const serves = page.headers['x-understudy-edition'];
        if (serves === String(edition.id)) return;
        throw new UnderstudyError({
          code: 'instance-not-switched',
          message: `${id} serves edition ${serves ?? 'none'} instead of ${edition.id}.`,
        });
      }),
    );
  },
  async checkUndo({ platform, signal }, facts) {
    const { previous } = need(facts, 'preflight');
    if (platform.database && previous && facts.drain) {
      await requireWayBack(platform.database, facts.drain.kept, previous, signal);
    }
  },
  async undo({ platform, signal }, facts) {
    const before = previousEdition(facts);
    await platform.releases.setCurrentEdition(before ?? undefined);
    await switchBack(platform.fleet, before, signal);
    if (platform.files.media) await revertMedia(platform.files.media.prod, mediaOf(facts));
  },
};

/** Every instance that was there before has the previous edition still, so one rename on each is enough. */
async function switchBack(fleet: Fleet, before: Edition | null, signal: AbortSignal): Promise<void> {
  const instances = (await fleet.instances('prod')).map(({ id }) => id);
  try {
    await fleet.switch(instances, before?.id ?? 0);
  } catch (error) {
    if (!before || !hasCode(error, 'edition-refused')) throw error;
    // One that has booted since the switch has nothing but the new edition.
    await fleet.switch(await prepareAll(fleet, before, signal), before.id);
  }
}

/**
 * One that has booted since the others were warmed has only the previous edition; for the rest this is quick.
 * @returns every instance that there is
 */
async function prepareAll(fleet: Fleet, edition: Edition, signal: AbortSignal, done: readonly string[] = []) {
  const instances = (await fleet.instances('prod')).map(({ id }) => id);
  const missing = instances.filter((id) => !done.includes(id));
  await Promise.all(missing.map((id) => fleet.prepare(id, edition, signal)));
  return instances;
}

/** @throws code `replica-not-at-position` */
async function requireContent({ gate }: GatedDatabase, { id, replicas, position }: Edition): Promise<void> {
  for (const replica of replicas) {
    const seen = await gate.status(replica);
    if (seen.position === position) continue;
    throw new UnderstudyError({
      code: 'replica-not-at-position',
      message: `${replica} stands at ${seen.position || 'the beginning'}, and edition ${id} belongs to ${position}.`,
      remedy: 'Promote again.',
    });
  }
}

/**
 * The previous edition can be served again only by a replica that has stayed at its position.
 * @throws code `way-back-lost`
 */
async function requireWayBack({ gate }: GatedDatabase, kept: ServerId, previous: Edition, signal: AbortSignal) {
  const stands = async () => {
    const seen = await gate.status(kept).catch(() => undefined);
    return seen?.position === previous.position;
  };
  await waitUntil(stands, { what: `${kept} to answer`, deadlineMs: answerMs, everyMs: 250, signal }).catch((cause) => {
    throw new UnderstudyError({
      code: 'way-back-lost',
      message: `${kept}, which alone has the content of edition ${previous.id}, does not answer at its position.`,
      remedy:
        'Prod serves the new edition. `understudy promote --resume` makes that final, and that replica good again.',
      cause,
    });
  });
}
