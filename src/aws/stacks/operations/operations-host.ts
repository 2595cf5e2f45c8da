import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import { releaseKeys, sharedKeys, tags } from '../../naming.js';
import { accept } from '../accept.js';
import type { DataStack } from '../data/data-stack.js';
import { subnetIds } from '../network/network.js';
import type { NetworkStack } from '../network/network-stack.js';
import { operationsHostVariables, userData } from '../web/host-file.js';
import { belowKeys, hostRole, mayMount, mayRead } from '../web/host-role.js';
import { LaunchTemplate } from '../web/launch-template.js';
import { acceptRebuilding, mayRebuild, maySpread } from './may-rebuild.js';

export interface OperationsHostProps {
  readonly of: AwsSite;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly imageId: string;
  readonly settingsVersion: string;
  /** Where the site's alarms go. */
  readonly topicArn: string;
  readonly topicKeyArn: string;
}

/**
 * The one machine that reaches everything inside: databases, both file systems, instances. Promotions run on it, and
 * dev's scheduled jobs, which must have one runner. A group of one: when it is lost, another one is started.
 */
export class OperationsHost extends Construct {
  readonly group: CfnAutoScalingGroup;

  constructor(scope: Construct, id: string, props: OperationsHostProps) {
    super(scope, id);
    accept(this, 'AS3', 'A host that is replaced replaces itself; what it should do and does not raises an alarm.');
    const { of, network, data, imageId, settingsVersion, topicArn } = props;
    const name = of.site.name;
    const template = new LaunchTemplate(this, 'LaunchTemplate', {
      siteName: name,
      role: 'operations',
      imageId,
      instanceType: of.aws.instances.operations,
      volumeGb: of.aws.instances.volumeGb,
      securityGroup: network.groups.idOf('operations'),
      identity: this.#role(props),
      publicAddress: of.aws.sshAllow.length > 0,
      userData: userData(operationsHostVariables({ of, data, settingsVersion, trustedProxies: [], topicArn })),
    });
    this.group = new CfnAutoScalingGroup(this, 'Group', {
      minSize: '1',
      maxSize: '1',
      vpcZoneIdentifier: subnetIds(network.network, 'operations'),
      launchTemplate: { launchTemplateId: template.id, version: template.version },
      healthCheckType: 'EC2',
      healthCheckGracePeriod: 300,
      metricsCollection: [{ granularity: '1Minute' }],
      tags: [
        { key: tags.site, value: name, propagateAtLaunch: true },
        { key: tags.role, value: 'operations', propagateAtLaunch: true },
      ],
    });
    // The old one goes before the new one comes: two of them would run dev's scheduled jobs twice.
    this.group.cfnOptions.updatePolicy = {
      autoScalingRollingUpdate: { maxBatchSize: 1, minInstancesInService: 0 },
    };
  }

  #role({ of, data, topicArn, topicKeyArn }: OperationsHostProps) {
    const bucketArn = data.releaseBucketArn;
    const role = hostRole(this, 'Role', `The operations host of ${of.site.name}`, [
      mayMount(data.files.dev, true),
      mayMount(data.files.mediaForWriting, true),
      mayMount(data.files.operations, true),
      mayRead([
        ...Object.values(data.secrets.database),
        data.secrets.salts,
        data.secrets.settings.dev,
        data.secrets.settings.prod,
        data.secrets.siteAdmin,
      ]),
      new PolicyStatement({ sid: 'FindReleases', actions: ['s3:ListBucket'], resources: [bucketArn] }),
      new PolicyStatement({
        sid: 'KeepReleases',
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: Object.values(releaseKeys).map((key) => `${bucketArn}/${key}*`),
      }),
      new PolicyStatement({
        sid: 'TellHowPromotionsGo',
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: sharedKeys.map((key) => `${bucketArn}/${key}*`),
      }),
      new PolicyStatement({
        sid: 'SeeThePlatform',
        actions: [
          'autoscaling:DescribeAutoScalingGroups',
          'ec2:DescribeInstances',
          'elasticloadbalancing:DescribeTargetHealth',
          'elasticloadbalancing:DescribeTargetGroups',
          'rds:DescribeDBInstances',
          'rds:DescribeEvents',
          'route53:ListHostedZonesByName',
          'cloudwatch:DescribeAlarms',
          'cloudwatch:GetMetricData',
        ],
        resources: ['*'],
      }),
      new PolicyStatement({
        sid: 'TellHowItWent',
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': 'Understudy' } },
      }),
      ...maySpread(this, of.site.name, data.privateZoneId),
      ...mayRebuild(this, of.site.name),
      new PolicyStatement({ sid: 'Notify', actions: ['sns:Publish'], resources: [topicArn] }),
      // What is published is encrypted with the topic's own key, on behalf of whoever publishes it.
      new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [topicKeyArn] }),
    ]);
    belowKeys(role, of.site.name, [...Object.values(releaseKeys), ...sharedKeys]);
    acceptRebuilding(role);
    return role;
  }
}
