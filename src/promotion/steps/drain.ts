import { UnderstudyError } from '../../output/errors.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { GatedDatabase } from '../../platform/platform.js';
import { waitUntil } from '../../process/wait.js';
import { reviseEverywhere } from '../../replication/revise-edition.js';
import type { PromotionContext } from '../context.js';
import { heldBy } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { need, type Step } from '../step.js';

/** How long a page that reads from the replica may take to end; then its connection is closed. */
const drainMs = 10_000;

/** Takes replica B out of the edition in use, so that moving it changes nothing that visitors see. */
export const drain = (database: GatedDatabase): Step<PromotionContext, PromotionFacts, 'drain'> => ({
  id: 'drain',
  title: 'Take one replica out of the edition in use',
  async do({ platform, signal }, before) {
    const { previous } = need(before, 'preflight');
    const { kept, advanced } = await choose(database, previous);
    if (previous) {
      await reviseEverywhere(platform, heldBy(previous, kept));
      await database.routing.setWeight(advanced, 0);
      await waitForReaders(database, advanced, signal);
    }
    return { kept, advanced };
  },
  async verify(_, facts) {
    const { advanced } = need(facts, 'drain');
    const weight = (await database.routing.weights())[advanced];
    if (need(facts, 'preflight').previous && weight !== 0) {
      throw new UnderstudyError({ code: 'not-drained', message: `${advanced} still has weight ${weight}.` });
    }
  },
  async undo({ platform }, facts) {
    const { previous } = need(facts, 'preflight');
    if (!previous) return;
    const { kept, advanced } = facts.drain ?? (await choose(database, previous));
    // Whoever comes here after the replica has moved has rebuilt it first, where that brings it back: see the step that
    // advances. Where it does not, prod is served by the other one until the next promotion.
    if (database.rebuildsFrom === 'primary' && !(await standsAt(database, advanced, previous))) {
      return reviseEverywhere(platform, heldBy(previous, kept));
    }
    await reviseEverywhere(platform, previous);
    if (previous.replicas.includes(advanced)) await database.routing.setWeight(advanced, 100);
  },
});

/**
 * The last one goes first: always the same, so that a run after a crash chooses as the one before it did. One that does
 * not answer for the edition in use goes before one that does.
 */
async function choose(
  { databases }: GatedDatabase,
  previous: Edition | null,
): Promise<{ kept: ServerId; advanced: ServerId }> {
  const { replicas } = await databases.topology();
  const [alone] = previous?.replicas.length === 1 ? previous.replicas : [];
  const kept = alone ?? replicas.at(0);
  const advanced = replicas.filter((id) => id !== kept).at(-1);
  if (!kept || !advanced) {
    throw new UnderstudyError({ code: 'too-few-replicas', message: 'A promotion needs two replicas.' });
  }
  return { kept, advanced };
}

async function standsAt({ gate }: GatedDatabase, replica: ServerId, edition: Edition): Promise<boolean> {
  const seen = await gate.status(replica).catch(() => undefined);
  return edition.replicas.includes(replica) && seen?.position === edition.position;
}

async function waitForReaders({ databases }: GatedDatabase, replica: ServerId, signal: AbortSignal): Promise<void> {
  const connection = await databases.connect(replica, 'operator');
  try {
    const readers = () =>
      connection.query<{ id: number }>(
        "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'prod' AND COMMAND <> 'Killed'",
      );
    await waitUntil(async () => (await readers()).length === 0, {
      what: `pages that read from ${replica} to end`,
      deadlineMs: drainMs,
      signal,
    }).catch(async (error) => {
      signal.throwIfAborted();
      if (!(error instanceof UnderstudyError)) throw error;
      for (const { id } of await readers()) await connection.query(`KILL ${Number(id)}`).catch(() => undefined);
    });
  } finally {
    await connection.end();
  }
}
