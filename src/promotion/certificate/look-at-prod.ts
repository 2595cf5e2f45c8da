import { UnderstudyError } from '../../output/errors.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { Fleet, Instance } from '../../platform/fleet.js';
import type { GatedDatabase, Platform } from '../../platform/platform.js';
import type { Site } from '../../site/schema.js';
import type { CertifiedInstance, CertifiedReplica, PageCheck } from '../facts.js';
import { checkPages, smokePages } from '../pages.js';
import { type ContentAt, contentOf, differingTables } from '../table-checksums.js';

/** Each of these looks at prod as it is now, from the outside, and throws `certificate-refused` where it differs. */

/** @throws code `certificate-refused`, `release-damaged` */
export async function certifyInstance(
  fleet: Fleet,
  { id, edition: serves }: Pick<Instance, 'id' | 'edition'>,
  edition: Edition,
  releaseHash: string,
  signal: AbortSignal,
): Promise<CertifiedInstance> {
  if (serves !== edition.id) throw differs(`${id} serves edition ${serves ?? 'none'}, not ${edition.id}`);
  const manifestHash = await fleet.verify(id, edition.id, signal);
  if (manifestHash !== releaseHash) throw differs(`${id} has release ${manifestHash}, not ${releaseHash}`);
  return { id, edition: edition.id, manifestHash };
}

/** @throws code `certificate-refused`, `database-unreachable` */
export async function certifyReplica(
  { databases, gate }: GatedDatabase,
  id: ServerId,
  edition: Edition,
  signal: AbortSignal,
): Promise<CertifiedReplica> {
  const before = await gate.status(id);
  const { tables } = await contentOf(databases, id, signal);
  // Asked once more: it must not have moved while its tables were read.
  for (const { position, gate: state } of [before, await gate.status(id)]) {
    if (position !== edition.position || state !== 'closed') {
      throw differs(`${id} stands at ${position} with its gate ${state}, not at ${edition.position}, closed`);
    }
  }
  return { id, position: before.position, gate: 'closed', tables };
}

/** @throws code `certificate-refused` if two of those who are to hold the same do not */
export function requireSameTables(held: readonly (Pick<CertifiedReplica, 'id' | 'tables'> | ContentAt)[]): void {
  const nameOf = (one: (typeof held)[number]) => ('id' in one ? one.id : one.server);
  const [first, ...others] = held;
  for (const other of first ? others : []) {
    const differing = first ? differingTables(first.tables, other.tables) : [];
    if (differing.length === 0) continue;
    throw differs(`${first && nameOf(first)} and ${nameOf(other)} hold different rows in ${differing.join(', ')}`);
  }
}

/** @throws code `page-wrong`, `page-unreachable` */
export async function certifyPages(
  { urls }: Platform,
  site: Site,
  { origin }: Pick<Instance, 'origin'>,
  signal: AbortSignal,
): Promise<readonly PageCheck[]> {
  return checkPages({ origin, siteUrl: urls.prod, foreignUrl: urls.dev, expectations: smokePages(site), signal });
}

/** @throws code `certificate-refused` */
export async function requireNothingLeft(fleet: Fleet, edition: Edition): Promise<readonly string[]> {
  const leftovers = await fleet.leftovers(edition.id);
  if (leftovers.length > 0) throw differs(leftovers.join(', '));
  return leftovers;
}

export const differs = (what: string) =>
  new UnderstudyError({
    code: 'certificate-refused',
    message: `Prod is not as the promotion left it: ${what}.`,
    remedy: 'Run `understudy status`, and `understudy promote --resume` when it is well again.',
  });
