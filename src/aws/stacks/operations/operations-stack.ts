import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import type { DataStack } from '../data/data-stack.js';
import type { NetworkStack } from '../network/network-stack.js';
import { settingsVersion } from '../web/web-stack.js';
import { OperationsHost } from './operations-host.js';
import { AlarmTopic } from './topic.js';

export interface OperationsStackProps extends StackProps {
  readonly of: AwsSite;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly imageId: string;
}

/** Who looks after the site, and whom it tells. */
export class OperationsStack extends Stack {
  readonly topic: AlarmTopic;

  constructor(scope: Construct, id: string, { of, network, data, imageId, ...props }: OperationsStackProps) {
    super(scope, id, props);
    this.topic = new AlarmTopic(this, 'Notifications', { siteName: of.site.name, emails: [], phones: [] });
    new OperationsHost(this, 'Host', {
      of,
      network,
      data,
      imageId,
      settingsVersion: settingsVersion(this),
      topicArn: this.topic.topic.topicArn,
    });
    new CfnOutput(this, 'TopicArn', { value: this.topic.topic.topicArn });
  }
}
