import { CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import type { EnvironmentName } from '../../../site/schema.js';
import { reportsBelow } from '../../fleet/reports.js';
import { releaseKeys } from '../../naming.js';
import { releaseKeys as archiveKeys } from '../../operate/s3-release-archive.js';
import type { DataStack } from '../data/data-stack.js';
import type { EdgeStack } from '../edge/edge-stack.js';
import type { NetworkStack } from '../network/network-stack.js';
import { subnetCidr } from '../network/subnet-plan.js';
import { userData, webHostVariables } from './host-file.js';
import { belowKeys, hostRole, mayMount, mayObey, mayRead } from './host-role.js';
import { LaunchTemplate } from './launch-template.js';
import { WebGroup } from './web-group.js';

/** Parameter of the stacks with instances: `deploy` sets it when the settings in Secrets Manager have changed. */
export const settingsVersionParameter = 'SettingsVersion';

export interface WebStackProps extends StackProps {
  readonly of: AwsSite;
  readonly environment: EnvironmentName;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly edge: EdgeStack;
  readonly imageId: string;
}

/** The web instances of one environment. What changes most often, and what is lost with it: nothing. */
export class WebStack extends Stack {
  readonly web: WebGroup;

  constructor(scope: Construct, id: string, props: WebStackProps) {
    super(scope, id, props);
    const { of, environment, network, data, edge, imageId } = props;
    const template = new LaunchTemplate(this, 'LaunchTemplate', {
      siteName: of.site.name,
      role: environment,
      imageId,
      instanceType: of.aws.instances[environment],
      volumeGb: of.aws.instances.volumeGb,
      securityGroup: network.groups.idOf(environment),
      identity: this.#role(props),
      userData: userData(
        webHostVariables(environment, {
          of,
          data,
          settingsVersion: settingsVersion(this),
          trustedProxies: trustedProxies(of),
        }),
      ),
    });
    this.web = new WebGroup(this, 'Instances', {
      siteName: of.site.name,
      environment,
      capacity: of.site.environments[environment].capacity,
      network: network.network,
      edge: edge.edge,
      template,
    });
  }

  /** Dev may read and write its files. Prod may read: its media, its releases, its own password. Both may be told. */
  #role({ of, environment, data }: WebStackProps) {
    const name = `Web instances of ${environment} of ${of.site.name}`;
    const bucketArn = data.releaseBucketArn;
    if (environment === 'dev') {
      const devRole = hostRole(this, 'Role', name, [mayMount(data.files.dev, true), ...mayObey(bucketArn, 'dev')]);
      belowKeys(devRole, of.site.name, [reportsBelow('dev')]);
      return devRole;
    }
    const role = hostRole(this, 'Role', name, [
      mayMount(data.files.mediaForReading, false),
      mayRead([data.secrets.database.prod, data.secrets.salts, data.secrets.settings.prod]),
      new PolicyStatement({
        sid: 'ReadReleases',
        actions: ['s3:GetObject'],
        resources: [`${bucketArn}/${releaseKeys.releases}*`, `${bucketArn}/${archiveKeys.currentEdition}`],
      }),
      ...mayObey(bucketArn, 'prod'),
    ]);
    belowKeys(role, of.site.name, [releaseKeys.releases, reportsBelow('prod')]);
    return role;
  }
}

export function settingsVersion(stack: Stack): string {
  return new CfnParameter(stack, settingsVersionParameter, {
    type: 'String',
    default: 'none',
    description: 'Version of the settings in Secrets Manager that instances were made with. Set by understudy.',
  }).valueAsString;
}

/** The balancer's subnets, and the operations host's, which warms pages as if it were the balancer. */
export function trustedProxies({ aws, zones }: AwsSite): readonly string[] {
  const { cidr, vpc } = aws.network;
  // Of somebody else's VPC only the whole range is known; the security groups let nobody else in.
  if (vpc !== 'own') return [vpc.cidr];
  return (['public', 'operations'] as const).flatMap((tier) => zones.map((_, index) => subnetCidr(cidr, tier, index)));
}
