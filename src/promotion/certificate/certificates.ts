import { join } from 'node:path';
import { z } from 'zod';
import { refusal } from '../../output/errors.js';
import { readJson } from '../../state/atomic-file.js';
import type { Certificate } from '../facts.js';
import { promotionIds } from '../promotion-ids.js';
import { promotionFiles } from '../request.js';

/** A certificate is written by this program alone; looked at is what tells it from anything else. */
export const certificateSchema = z.custom<Certificate>((value) => {
  const { edition, instances, visitors } = (value ?? {}) as Partial<Certificate>;
  return typeof edition?.id === 'number' && Array.isArray(instances) && visitors !== undefined;
});

/**
 * A promotion's certificate.
 * @param id of the promotion; absent: of the latest that has one
 * @throws refusal `no-certificate`
 */
export async function readCertificate(
  promotionsDir: string,
  id: string | undefined,
): Promise<{ readonly id: string; readonly certificate: Certificate }> {
  const ids = await promotionIds(promotionsDir);
  for (const candidate of id === undefined ? ids.reverse() : ids.filter((one) => one === id)) {
    const file = promotionFiles.certificate(join(promotionsDir, candidate));
    const certificate = await readJson(file, certificateSchema);
    if (certificate) return { id: candidate, certificate };
  }
  throw noCertificate(id);
}

export const noCertificate = (id: string | undefined) =>
  refusal({
    code: 'no-certificate',
    message: id === undefined ? 'No promotion has a certificate yet.' : `There is no certificate ${id}.`,
    remedy: 'The id of a promotion stands in what `understudy promote --json` prints.',
  });
