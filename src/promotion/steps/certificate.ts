import { UnderstudyError } from '../../output/errors.js';
import type { ReplicationGate } from '../../platform/databases.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { PromotionContext } from '../context.js';
import type { Certificate, PromotionFacts } from '../facts.js';
import { checkPages, smokePages } from '../pages.js';
import { need, type Step } from '../step.js';

/** Looks at prod as it is now, from the outside, and states what was found. */
export const certificate: Step<PromotionContext, PromotionFacts, 'certificate'> = {
  id: 'certificate',
  title: 'Certify what prod serves',
  irreversible: true,
  async do({ platform, site, signal }, before): Promise<Certificate> {
    const { edition } = need(before, 'finalise');
    const instances = await platform.fleet.instances('prod');
    const checked = await Promise.all(
      instances.map(async ({ id, edition: serves }) => {
        if (serves !== edition.id) throw differs(`${id} serves edition ${serves ?? 'none'}, not ${edition.id}`);
        await platform.fleet.verify(id, edition.id, signal);
        return { id, edition: edition.id, filesVerified: true };
      }),
    );
    const { database } = platform;
    const replicas = database
      ? await Promise.all(edition.replicas.map((id) => certifyReplica(database.gate, id, edition)))
      : [];
    const [first] = instances;
    const pages = first
      ? await checkPages({
          origin: first.origin,
          siteUrl: platform.urls.prod,
          foreignUrl: platform.urls.dev,
          expectations: smokePages(site),
          signal,
        })
      : [];
    const { releaseHash } = need(before, 'stage');
    return { edition, releaseHash, instances: checked, replicas, pages, at: new Date().toISOString() };
  },
};

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
