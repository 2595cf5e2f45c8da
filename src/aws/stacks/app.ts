import { App, type StackProps, Tags, Validations } from 'aws-cdk-lib';
import type { AwsSite } from '../../site/aws-site.js';
import type { EnvironmentName } from '../../site/schema.js';
import { type StackPart, stackName, tags } from '../naming.js';
import { DataStack } from './data/data-stack.js';
import { EdgeStack } from './edge/edge-stack.js';
import { ImageStack } from './image/image-stack.js';
import { NetworkStack } from './network/network-stack.js';
import { OperationsStack } from './operations/operations-stack.js';
import { WebStack } from './web/web-stack.js';

export interface AppOptions {
  readonly of: AwsSite;
  /** The image that instances are started from. */
  readonly imageId: string;
  /** Where templates go. Without it: a temporary folder. */
  readonly outdir?: string;
}

export interface ImageAppOptions {
  readonly of: AwsSite;
  readonly instanceFiles: string;
  readonly outdir?: string;
}

/** What has to be there before there is an image: the network that it is built in, and what builds it. */
export function imageApp({ of, instanceFiles, outdir }: ImageAppOptions): App {
  const app = newApp(of, outdir);
  const network = new NetworkStack(app, 'network', { of, ...propsOf(of, 'network', 'network') });
  new ImageStack(app, 'image', {
    of,
    network,
    instanceFiles,
    ...propsOf(of, 'image', 'builds the image of all hosts'),
  });
  return app;
}

/** The stacks of a site, cut by how often they change and by what is lost with them. Makes no call to anybody. */
export function siteApp({ of, imageId, outdir }: AppOptions): App {
  const app = newApp(of, outdir);
  const props = (part: StackPart, description: string) => propsOf(of, part, description);
  const network = new NetworkStack(app, 'network', { of, ...props('network', 'network') });
  const data = new DataStack(app, 'data', { of, network, ...props('data', 'databases, files, releases, secrets') });
  const edge = new EdgeStack(app, 'edge', { of, network, data, ...props('edge', 'names, certificate, balancer') });
  const webOf = (environment: EnvironmentName) =>
    new WebStack(app, environment, {
      of,
      environment,
      network,
      data,
      edge,
      imageId,
      ...props(environment, `web instances of ${environment}`),
    });
  const web = { dev: webOf('dev'), prod: webOf('prod') };
  new OperationsStack(app, 'operations', {
    of,
    network,
    data,
    edge,
    web,
    imageId,
    ...props('operations', 'operations and alarms'),
  });
  return app;
}

function newApp(of: AwsSite, outdir: string | undefined): App {
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    analyticsReporting: false,
    context: featureFlags,
  });
  Tags.of(app).add(tags.site, of.site.name);
  Validations.of(app).acknowledge({
    id: 'CloudFormation-Validate::W3010',
    reason: 'Zones are what the definition says, so that a subnet is in the same place whoever deploys it.',
  });
  return app;
}

function propsOf(of: AwsSite, part: StackPart, description: string): StackProps {
  return {
    stackName: stackName(of.site.name, part),
    description: `Understudy, ${of.site.name}: ${description}`,
    // The account is not in the templates: commands compare it with the credentials before they change anything.
    env: { region: of.region },
    terminationProtection: part === 'data' || part === 'network',
  };
}

const featureFlags = {
  // What this program was written and tested with; new ones are switched on one by one.
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/core:enablePartitionLiterals': true,
};
