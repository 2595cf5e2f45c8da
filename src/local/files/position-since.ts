import type { Edition } from '../../platform/edition.js';
import { localEditionHistory } from './editions.js';

/**
 * Since when prod has stood at an edition's position, ISO 8601. A rollback of code is a new edition at the old position,
 * so it is when the first edition was switched to that has it. Undefined while prod follows dev, and without a database.
 */
export async function positionSince(stateDir: string, { position, following }: Edition): Promise<string | undefined> {
  if (position === undefined || following) return undefined;
  const records = await localEditionHistory(stateDir).list();
  const other = records.findIndex(({ edition }) => edition.position !== position);
  return records.at(other === -1 ? -1 : other - 1)?.switchedAt;
}
