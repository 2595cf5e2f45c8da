import { checkIdentity } from '../../aws/deployment/identity.js';
import { makeClients } from '../../aws/deployment/make-clients.js';
import { stackOutputs } from '../../aws/deployment/stack-facts.js';
import { dataOutputs, stackName } from '../../aws/naming.js';
import { Bucket } from '../../aws/operate/bucket.js';
import { s3Client } from '../../aws/operate/clients.js';
import { askHost, type HostAction } from '../../aws/operate/host-commands.js';
import { refusal } from '../../output/errors.js';
import { type AwsSite, awsSite } from '../../site/aws-site.js';
import { loadSite } from '../../site/load.js';
import type { CommandContext } from '../command.js';

/** A site in AWS, found and checked. */
export interface AwsAccess {
  /** As the operator's own definition says. */
  readonly of: AwsSite;
  readonly clients: ReturnType<typeof makeClients>;
  /** Who asks, as AWS calls them. */
  readonly by: string;
  readonly releases: Bucket;
  /** What the balancer has written of requests. */
  readonly logs: Bucket;
  /** Asks the operations host for one of the few things that it does on request. */
  readonly ask: (action: HostAction, id: string) => Promise<unknown>;
}

/** Where the balancer's access logs lie in the log bucket. */
const balancerLogs = 'balancer/';

/** @throws as `awsOperations` */
export async function openSite({
  configFile,
  signal,
}: Pick<CommandContext, 'configFile' | 'signal'>): Promise<AwsAccess> {
  const of = awsSite(await loadSite(configFile));
  const clients = makeClients(of.region);
  const by = await checkIdentity(of, clients.sts, signal);
  const siteName = of.site.name;
  const outputs = await stackOutputs(clients.cloudFormation, stackName(siteName, 'data'), signal);
  const bucket = (output: string, prefix: string) => {
    const name = outputs?.[output];
    if (name) return new Bucket(s3Client(of.region), name, prefix);
    throw refusal({
      code: 'not-deployed',
      message: `The stack ${stackName(siteName, 'data')} in ${of.region} ${outputs ? `has no output ${output}` : 'is not there'}.`,
      remedy: 'Run `understudy aws deploy`.',
    });
  };
  return {
    of,
    clients,
    by,
    releases: bucket(dataOutputs.releaseBucket, ''),
    logs: bucket(dataOutputs.logBucket, balancerLogs),
    // Not with the signal of Ctrl-C: what was begun must be known to be begun.
    ask: (action, id) => askHost(action, id, { clients, siteName }),
  };
}
