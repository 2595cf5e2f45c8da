import { UnderstudyError } from '../../output/errors.js';
import type { ServerId } from '../../platform/edition.js';
import type { GatedDatabase } from '../../platform/platform.js';
import { type Position, sequenceOf } from '../../platform/position.js';
import { advanceDeadline } from '../advance-deadline.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { stagedOf } from '../staged.js';
import { need, type Step } from '../step.js';
import { contentOf, differingTables } from '../table-checksums.js';

/** Moves replica B to exactly G. Nobody reads from it. */
export const advance = (database: GatedDatabase): Step<PromotionContext, PromotionFacts, 'advance'> => ({
  id: 'advance',
  title: "Bring the replica to dev's position",
  async do({ report, signal }, before) {
    const { advanced } = need(before, 'drain');
    const target = targetOf(before);
    const { position } = await database.gate.status(advanced);
    const from = sequenceOf(position);
    const total = sequenceOf(target) - from;
    await database.gate.advance(advanced, target, {
      signal,
      deadlineMs: advanceDeadline(position, target),
      onPosition: (at) =>
        report({ kind: 'progress', task: 'advance', done: sequenceOf(at) - from, total, unit: 'transactions' }),
    });
    return { transactions: total };
  },
  async verify({ signal }, facts) {
    const { advanced } = need(facts, 'drain');
    const { position, gate } = await database.gate.status(advanced);
    if (position !== targetOf(facts) || gate !== 'closed') {
      const at = position || 'the beginning';
      throw new UnderstudyError({
        code: 'replica-not-at-position',
        message: `${advanced} stands at ${at} with its gate ${gate}, and should stand at ${targetOf(facts)}, closed.`,
      });
    }
    await requireSameContent(database, advanced, facts, signal);
  },
  async undo({ report, signal }, facts) {
    const { previous } = need(facts, 'preflight');
    const { advanced, kept } = need(facts, 'drain');
    const position = await closedAt(database, advanced);
    // Before the first promotion nobody is served from it: it may stay where it is.
    if (!previous || position === previous.position) return;
    // A replica cannot go back. Where a new one would not stand there either, nothing is gained by making it.
    if (database.rebuildsFrom === 'primary') {
      const text = `${advanced} stays where it is, ahead of prod, and out of use until the next promotion: \`understudy promote\` takes it in. Prod is served by ${kept} alone.`;
      report({ kind: 'note', level: 'warning', text });
      return;
    }
    // The other one never left the previous edition's position: it is copied.
    await database.rebuild(advanced, kept, { report, signal });
  },
});

/** Replication that has gone astray shows in nothing but the tables themselves. @throws code `content-differs` */
async function requireSameContent(
  { databases }: GatedDatabase,
  replica: ServerId,
  facts: Partial<PromotionFacts>,
  signal: AbortSignal,
): Promise<void> {
  const { source } = stagedOf(facts);
  if (!source) return;
  const differing = differingTables(source.tables, (await contentOf(databases, replica, signal)).tables);
  if (differing.length === 0) return;
  throw new UnderstudyError({
    code: 'content-differs',
    message: `At ${targetOf(facts)} ${replica} does not hold what ${source.server} held: ${differing.join(', ')}.`,
    remedy: `Compare these tables. \`understudy replica rebuild ${replica}\` copies the other replica.`,
  });
}

/** Where the replica stands with its gate closed; undefined if that cannot be had, as after a rebuild was cut off. */
async function closedAt({ gate }: GatedDatabase, replica: ServerId): Promise<Position | undefined> {
  try {
    await gate.close(replica);
    return (await gate.status(replica)).position;
  } catch {
    return undefined;
  }
}

function targetOf(facts: Partial<PromotionFacts>) {
  const { position } = stagedOf(facts);
  if (position === null) throw new Error('A site with a database was staged without a position.');
  return position;
}
