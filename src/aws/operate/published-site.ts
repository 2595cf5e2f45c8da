import { createHash } from 'node:crypto';
import { refusal } from '../../output/errors.js';
import { type AwsSite, awsSite } from '../../site/aws-site.js';
import { environmentNames, type Site, siteSchema } from '../../site/schema.js';
import { operationKeys } from '../naming.js';
import type { Bucket } from './bucket.js';
import { readStored } from './stored-json.js';

/**
 * Puts the definition, and the program that the operations host runs, where that host finds them: what is deployed is
 * what promotions go by, whatever stands in the operator's file meanwhile. A program is named by its content, so one
 * that runs is not changed under its feet.
 * @param program the text of one module (`bundle`)
 */
export async function publishSite(bucket: Bucket, site: Site, program: string): Promise<void> {
  const hash = createHash('sha256').update(program).digest('hex');
  await bucket.write(`${operationKeys.programs}${hash}.mjs`, program, { absent: true });
  await bucket.write(operationKeys.definition, JSON.stringify(withoutSecrets(site)), undefined);
  // Last: whoever reads it finds the program, and the definition that belongs to it.
  await bucket.write(operationKeys.program, `${hash}\n`, undefined);
}

/**
 * The definition as it was last deployed. Its options and constants, which may hold keys, are in Secrets Manager alone.
 * @throws refusal `not-deployed`
 */
export async function publishedSite(bucket: Bucket): Promise<AwsSite> {
  const site = await readStored(bucket, operationKeys.definition, siteSchema);
  if (site) return awsSite(site as Site);
  throw refusal({
    code: 'not-deployed',
    message: `The site has not been deployed by this version: ${bucket.placeOf(operationKeys.definition)} is missing.`,
    remedy: 'Run `understudy aws deploy`.',
  });
}

function withoutSecrets(site: Site): Site {
  const environments = Object.fromEntries(
    environmentNames.map((name) => [name, { ...site.environments[name], options: {}, constants: {} }]),
  ) as Site['environments'];
  return { ...site, environments };
}
