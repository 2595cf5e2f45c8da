import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { Platform } from '../../platform/platform.js';
import type { Site } from '../../site/schema.js';
import type { Certificate, CertifiedReplica, PageCheck } from '../facts.js';
import { differingTables } from '../table-checksums.js';
import { certifyInstance, certifyPages, certifyReplica, differs, requireNothingLeft } from './look-at-prod.js';

/** One claim of a certificate, as it was found again. */
export interface VerifiedClaim {
  /** What is claimed: "prod-1 serves edition 7, every file as released". */
  readonly claim: string;
  readonly holds: boolean;
  /** Why it does not hold any more. */
  readonly why?: string;
}

type Claim = readonly [claim: string, look: () => Promise<unknown>];

/**
 * Looks at everything that a certificate claims, on the running platform. What visitors met while it was promoted is
 * past, and what dev held at the position is compared with what the replicas hold.
 * @returns one entry for each claim, in the order in which a person would read them
 */
export async function verifyCertificate(
  certificate: Certificate,
  { platform, site, signal }: { readonly platform: Platform; readonly site: Site; readonly signal: AbortSignal },
): Promise<readonly VerifiedClaim[]> {
  const claims = claimsOf(certificate, platform, site, signal);
  return Promise.all(
    claims.map(async ([claim, look]): Promise<VerifiedClaim> => {
      try {
        await look();
        return { claim, holds: true };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UnderstudyError)) throw error;
        return { claim, holds: false, why: messageOf(error) };
      }
    }),
  );
}

function claimsOf(certificate: Certificate, platform: Platform, site: Site, signal: AbortSignal): readonly Claim[] {
  const { edition, releaseHash, instances, replicas, source, pages } = certificate;
  const { database, fleet } = platform;
  const { position } = edition;
  return [
    [`prod is to serve edition ${edition.id}`, () => requireCurrent(platform, certificate)],
    ...instances.map(
      ({ id }): Claim => [
        `${id} serves edition ${edition.id}, every file as released`,
        async () => {
          const instance = (await fleet.instances('prod')).find((one) => one.id === id);
          if (!instance) throw differs(`${id} is not there any more`);
          return certifyInstance(fleet, instance, edition, releaseHash, signal);
        },
      ],
    ),
    ...(database ? replicas : []).map(
      (replica): Claim => [
        `${replica.id} stands at ${position} with its gate closed, every table as certified`,
        async () => {
          if (!database) return;
          requireUnchanged(replica, await certifyReplica(database, replica.id, edition, signal));
          if (source) requireUnchanged({ id: source.server, tables: source.tables }, replica);
        },
      ],
    ),
    ...(database && position !== undefined
      ? ([[`${position} is in dev's history`, () => database.gate.requireKnown(position)]] as const)
      : []),
    ...instances.slice(0, 1).map(
      ({ id }): Claim => [
        `${pages.length} pages answer as certified`,
        async () => {
          const instance = (await fleet.instances('prod')).find((one) => one.id === id);
          if (!instance) throw differs(`${id} is not there any more`);
          requireSameStatus(pages, await certifyPages(platform, site, instance, signal));
        },
      ],
    ),
    ['nothing is left behind of other editions', () => requireNothingLeft(fleet, edition)],
  ];
}

async function requireCurrent({ releases }: Platform, { edition }: Certificate): Promise<void> {
  const now = await releases.currentEdition();
  if (now?.following) throw differs(`prod has followed dev since ${now.following.since}`);
  if (now?.id !== edition.id) throw differs(`edition ${now?.id ?? 'none'} has taken its place`);
  if (now.replicas.length < edition.replicas.length) {
    throw differs(`only ${now.replicas.join(', ') || 'no replica'} may answer for it`);
  }
}

function requireUnchanged(then: Pick<CertifiedReplica, 'id' | 'tables'>, now: CertifiedReplica): void {
  const differing = differingTables(then.tables, now.tables);
  if (differing.length > 0) throw differs(`${now.id} holds other rows than certified in ${differing.join(', ')}`);
}

function requireSameStatus(then: readonly PageCheck[], now: readonly PageCheck[]): void {
  for (const { path, status } of then) {
    const seen = now.find((page) => page.path === path);
    if (seen && seen.status !== status) throw differs(`${path} answers ${seen.status}, not ${status}`);
  }
}
