import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface AlarmTopicProps {
  readonly siteName: string;
  readonly emails: readonly string[];
  /** In international form, such as +491701234567. */
  readonly phones: readonly string[];
}

/** Where alarms and the platform's own news go, by e-mail and text message. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly key: Key;

  constructor(scope: Construct, id: string, { siteName, emails, phones }: AlarmTopicProps) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: `Notifications of ${siteName}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.topic = new Topic(this, 'Topic', { displayName: `Understudy ${siteName}`, masterKey: this.key });
    const { account, partition, region } = Stack.of(this);
    const ofAlarms = {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
    };
    // With a key of AWS's own, CloudWatch could not encrypt, and alarms would silently go nowhere.
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsMayEncrypt',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: ofAlarms,
      }),
    );
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsMayPublish',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: ofAlarms,
      }),
    );
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyEncrypted',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
    emails.forEach((endpoint, index) => {
      this.#subscribe(`Email${index + 1}`, 'email', endpoint);
    });
    phones.forEach((endpoint, index) => {
      this.#subscribe(`Phone${index + 1}`, 'sms', endpoint);
    });
  }

  #subscribe(id: string, protocol: 'email' | 'sms', endpoint: string): void {
    new CfnSubscription(this, id, { topicArn: this.topic.topicArn, protocol, endpoint });
  }
}
