import { operatorPolicy } from '../../../aws/deployment/policy.js';
import { awsSite } from '../../../site/aws-site.js';
import { loadSite } from '../../../site/load.js';
import type { CommandContext } from '../../command.js';

/** Needs no credentials: it is for those who give them out. */
export async function policy({ terminal, configFile }: CommandContext): Promise<number> {
  const document = operatorPolicy(awsSite(await loadSite(configFile)));
  terminal.result(document, () => JSON.stringify(document, undefined, 2));
  return 0;
}
