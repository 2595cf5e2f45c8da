import { refusal } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { GatedDatabase } from '../../platform/platform.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import type { Step } from '../step.js';

/** Looks at everything that would stop the promotion later, while nothing has been changed. */
export const preflight: Step<PromotionContext, PromotionFacts, 'preflight'> = {
  id: 'preflight',
  title: 'Look whether dev and prod are ready',
  async do({ platform }) {
    const previous = (await platform.releases.currentEdition()) ?? null;
    await refuseUnhealthyFleet(platform.fleet);
    if (platform.database) await refuseUnfitReplicas(platform.database, previous);
    return { previous, editionId: await platform.editions.allocate() };
  },
};

async function refuseUnhealthyFleet(fleet: PromotionContext['platform']['fleet']): Promise<void> {
  const instances = await fleet.instances('prod');
  const unwell = instances.filter(({ state }) => state !== 'healthy');
  if (instances.length > 0 && unwell.length === 0) return;
  throw refusal({
    code: 'prod-unhealthy',
    message:
      instances.length === 0
        ? 'Prod has no instances.'
        : `Not all of prod's instances are well: ${unwell.map(({ id, state }) => `${id} is ${state}`).join(', ')}.`,
    remedy: 'Wait until `understudy status` shows all of them healthy; if they stay so, read `understudy logs prod`.',
  });
}

async function refuseUnfitReplicas({ databases, gate }: GatedDatabase, previous: Edition | null): Promise<void> {
  const { state, replicas } = await databases.topology();
  if (state === 'down' || state === 'failing-over') {
    throw refusal({
      code: 'primary-not-ready',
      message: `Dev's database is ${state}.`,
      remedy: 'Wait until `understudy status` shows it redundant, or solo.',
    });
  }
  for (const replica of replicas) {
    const { gate: state, position, errant, error } = await gate.status(replica);
    const refuse = (code: string, what: string) =>
      refusal({
        code,
        message: `${replica} ${what}.`,
        remedy: `Run \`understudy replica rebuild ${replica}\`, which makes it good again from the other one.`,
      });
    if (state !== 'closed') throw refuse('gate-not-closed', `has its gate ${state}${error ? ` (${error})` : ''}`);
    if (errant) throw refuse('errant-transactions', `has transactions that dev does not have (${errant})`);
    if (!previous) continue;
    if (!previous.replicas.includes(replica))
      throw refuse('replica-left-out', `does not belong to prod's edition ${previous.id}`);
    if (position !== previous.position) {
      throw refuse(
        'replica-leaked',
        `stands at ${position || 'the beginning'}, and prod's edition at ${previous.position}`,
      );
    }
  }
}
