import { UnderstudyError } from '../../output/errors.js';
import type { ReplicationGate } from '../../platform/databases.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { Fleet, Instance } from '../../platform/fleet.js';
import type { PromotionContext } from '../context.js';
import type { Certificate, PromotionFacts } from '../facts.js';
import { checkPages, smokePages } from '../pages.js';
import { stagedOf } from '../staged.js';
import { need, type Step } from '../step.js';

/** Looks at prod as it is now, from the outside, and states what was found. */
export const certificate: Step<PromotionContext, PromotionFacts, 'certificate'> = {
  id: 'certificate',
  title: 'Certify what prod serves',
  irreversible: true,
  async do({ platform, site, signal }, before): Promise<Certificate> {
    const { edition } = need(before, 'finalise');
    const { releaseHash } = stagedOf(before);
    const { database, fleet, urls } = platform;
    const instances = await fleet.instances('prod');
    const certifyPages = ({ origin }: Instance) =>
      checkPages({ origin, siteUrl: urls.prod, foreignUrl: urls.dev, expectations: smokePages(site), signal });
    const [checked, replicas, [pages = []]] = await Promise.all([
      Promise.all(instances.map((instance) => certifyInstance(fleet, instance, edition, signal))),
      database ? Promise.all(edition.replicas.map((id) => certifyReplica(database.gate, id, edition))) : [],
      Promise.all(instances.slice(0, 1).map(certifyPages)),
    ]);
    return { edition, releaseHash, instances: checked, replicas, pages, at: new Date().toISOString() };
  },
};

async function certifyInstance(
  fleet: Fleet,
  { id, edition: serves }: Instance,
  edition: Edition,
  signal: AbortSignal,
): Promise<Certificate['instances'][number]> {
  if (serves !== edition.id) throw differs(`${id} serves edition ${serves ?? 'none'}, not ${edition.id}`);
  await fleet.verify(id, edition.id, signal);
  return { id, edition: edition.id, filesVerified: true };
}

async function certifyReplica(gate: ReplicationGate, id: ServerId, edition: Edition) {
  const { position, gate: state } = await gate.status(id);
  if (position !== edition.position || state !== 'closed') {
    throw differs(`${id} stands at ${position} with its gate ${state}, not at ${edition.position}, closed`);
  }
  return { id, position, gate: state };
}

const differs = (what: string) =>
  new UnderstudyError({
    code: 'certificate-refused',
    message: `Prod is not as the promotion left it: ${what}.`,
    remedy: 'Run `understudy status`, and `understudy promote --resume` when it is well again.',
  });
