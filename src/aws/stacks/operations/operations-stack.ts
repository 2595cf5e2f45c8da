import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import type { EnvironmentName } from '../../../site/schema.js';
import type { DataStack } from '../data/data-stack.js';
import type { EdgeStack } from '../edge/edge-stack.js';
import type { NetworkStack } from '../network/network-stack.js';
import { settingsVersion, type WebStack } from '../web/web-stack.js';
import { SiteAlarms } from './alarms.js';
import { SiteDashboard } from './dashboard.js';
import { SiteFunctions } from './functions.js';
import { inventoryOf } from './inventory.js';
import { OperateDocument } from './operate-document.js';
import { OperationsHost } from './operations-host.js';
import { AlarmTopic } from './topic.js';

export interface OperationsStackProps extends StackProps {
  readonly of: AwsSite;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly edge: EdgeStack;
  readonly web: Readonly<Record<EnvironmentName, WebStack>>;
  readonly imageId: string;
}

/** Who looks after the site, and whom it tells. */
export class OperationsStack extends Stack {
  readonly topic: AlarmTopic;

  constructor(scope: Construct, id: string, { of, network, data, edge, web, imageId, ...props }: OperationsStackProps) {
    super(scope, id, props);
    const { site } = of;
    this.topic = new AlarmTopic(this, 'Notifications', {
      siteName: site.name,
      emails: site.notify.email,
      phones: site.notify.sms,
    });
    const { topicArn } = this.topic.topic;
    new OperationsHost(this, 'Host', {
      of,
      network,
      data,
      imageId,
      settingsVersion: settingsVersion(this),
      topicArn,
      topicKeyArn: this.topic.key.keyArn,
    });
    new OperateDocument(this, 'Operate', { siteName: site.name });
    new SiteFunctions(this, 'Functions', { of, network, data, topicArn });
    const inventory = inventoryOf({ of, data, edge, web });
    const { arns } = new SiteAlarms(this, 'Alarms', { site, inventory, topicArn });
    new SiteDashboard(this, 'Dashboard', { site, inventory, alarmArns: arns });
    new CfnOutput(this, 'TopicArn', { value: topicArn });
  }
}
