import type { VerifiedClaim } from '../../promotion/certificate/verify.js';
import type { Certificate } from '../../promotion/facts.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** What a promotion certified. */
export function certificateText(id: string, certificate: Certificate): string {
  const { edition, releaseHash, instances, replicas, source, pages, leftovers, visitors, at } = certificate;
  const tables = replicas[0]?.tables ?? [];
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const equal = source ? `, equal on ${source.server} and both replicas` : ', equal on both replicas';
  return [
    `Certificate ${colors.bold(id)}, ${at}`,
    columns([
      ['edition', `${edition.id}`],
      ['release', `${edition.release}, manifest ${releaseHash}`],
      ...instances.map(({ id: name, edition: serves }) => [name, `edition ${serves}, every file as in the manifest`]),
      ...replicas.map(({ id: name, position, gate }) => [name, `at ${position || 'the beginning'}, gate ${gate}`]),
      ...(replicas.length > 0 ? [['content', `${tables.length} tables, ${rows} rows${equal}`]] : []),
      ['pages', pages.map(({ path, status }) => `${path} ${status}`).join(', ')],
      ['left behind', leftovers.join(', ') || 'nothing'],
      ['visitors', visitorsText(visitors)],
    ]),
  ].join('\n');
}

const visitorsText = ({ requests, failed, longestGapMs }: Certificate['visitors']) =>
  `${requests} requests, ${failed} failed, longest time with failures only ${(longestGapMs / 1000).toFixed(1)} s`;

/** Which claims of a certificate still hold. */
export function verificationText(id: string, claims: readonly VerifiedClaim[]): string {
  const broken = claims.filter(({ holds }) => !holds).length;
  return [
    ...claims.map(({ claim, holds, why }) =>
      holds ? `${colors.green('✔')} ${claim}` : `${colors.red('✖')} ${claim}\n  ${why}`,
    ),
    broken === 0
      ? `All that certificate ${id} claims holds.`
      : `${broken} of ${claims.length} claims of certificate ${id} do not hold any more.`,
  ].join('\n');
}
