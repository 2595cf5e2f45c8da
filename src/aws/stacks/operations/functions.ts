import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig, CfnFunction, CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import { bundle } from '../../bundles.js';
import { alarmName, metrics, operationKeys, releaseKeys, replicaIds } from '../../naming.js';
import { gateRecordKey } from '../../operate/database/gate-record.js';
import { accept } from '../accept.js';
import type { DataStack } from '../data/data-stack.js';
import { subnetIds } from '../network/network.js';
import type { NetworkStack } from '../network/network-stack.js';
import { belowKeys, mayRead } from '../web/host-role.js';

export interface SiteFunctionsProps {
  readonly of: AwsSite;
  readonly network: NetworkStack;
  readonly data: DataStack;
  /** Who is told when they fail. */
  readonly topicArn: string;
}

interface FunctionProps {
  /** What `src/aws/functions/main.ts` calls it. */
  readonly handler: 'heartbeat' | 'keeper';
  readonly description: string;
  readonly seconds: number;
  /** How many may run at a time; undefined: as many as are asked for. */
  readonly atMost: number | undefined;
}

/** A run that stops two replicas waits for procedures of RDS that sleep for some seconds each. */
const keeperSeconds = 120;
const heartbeatSeconds = 20;

/**
 * The two functions of `src/aws/functions`: the heartbeat of the replicas, and the keeper of the gates, which measures
 * as well. They look at everything anew in each run, once a minute; so nothing is kept of a run that failed but the
 * alarm about it.
 */
export class SiteFunctions extends Construct {
  readonly #code: Asset;
  readonly #logs: LogGroup;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: SiteFunctionsProps,
  ) {
    super(scope, id);
    const { of, data } = props;
    this.#code = this.#bundled();
    this.#logs = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    accept(this.#logs, 'CW1', 'Holds names of replicas and positions, nothing of the site.');
    const heartbeat = this.#function({
      handler: 'heartbeat',
      description: `Whether the replicas of ${of.site.name} answer`,
      seconds: heartbeatSeconds,
      atMost: undefined,
    });
    const keeper = this.#function({
      handler: 'keeper',
      description: `Closes gates of ${of.site.name} that are meant to be closed, and measures`,
      seconds: keeperSeconds,
      // Two that stop one replica would get in each other's way.
      atMost: 1,
    });
    this.#callEveryMinute(heartbeat, 'heartbeat');
    this.#callEveryMinute(keeper, 'keeper');
    // A reboot, a patch or a failover of a server: not a minute later.
    const { primary, replicas } = data.database;
    this.#callOn('keeper-events', keeper, {
      eventPattern: {
        source: ['aws.rds'],
        'detail-type': ['RDS DB Instance Event'],
        detail: { SourceIdentifier: [primary.ref, ...replicaIds.map((replica) => replicas[replica].ref)] },
      },
    });
  }

  /** The CDK takes its own copy at once. */
  #bundled(): Asset {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-functions-'));
    try {
      writeFileSync(join(folder, 'index.mjs'), functionsText());
      return new Asset(this, 'Code', { path: folder });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #function({ handler, description, seconds, atMost }: FunctionProps): CfnFunction {
    const { of, network, data, topicArn } = this.props;
    const made = new CfnFunction(this, handler, {
      description,
      code: { s3Bucket: this.#code.s3BucketName, s3Key: this.#code.s3ObjectKey },
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: `index.${handler}`,
      memorySize: 256,
      timeout: seconds,
      ...(atMost === undefined ? {} : { reservedConcurrentExecutions: atMost }),
      role: this.#role(handler).roleArn,
      environment: { variables: { SITE: of.site.name, RELEASE_BUCKET: data.releases.bucketName } },
      loggingConfig: { logGroup: this.#logs.logGroupName, logFormat: 'JSON' },
      // The tier that always has a way out through NAT: a function has no public address.
      vpcConfig: { subnetIds: subnetIds(network.network, 'web'), securityGroupIds: [network.groups.idOf('functions')] },
    });
    new CfnEventInvokeConfig(this, `${handler}-once`, {
      functionName: made.ref,
      qualifier: '$LATEST',
      // The next minute's run sees all that this one would have seen.
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: 60,
    });
    new CfnAlarm(this, `${handler}-fails`, {
      alarmName: alarmName(of.site.name, `function-${handler}-fails`),
      alarmDescription: [
        `The function that ${handler === 'keeper' ? 'keeps gates closed' : 'asks replicas whether they answer'} fails (${of.site.name}).`,
        'Visitors see: Nothing by itself.',
        'What to do: Read its log in CloudWatch: the stack `operations` has one log group for both functions.',
        'docs/what-if.md#the-control-plane-is-gone',
      ].join('\n'),
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensions: [{ name: 'FunctionName', value: made.ref }],
      statistic: 'Sum',
      period: 60,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      threshold: 0,
      comparisonOperator: 'GreaterThanThreshold',
      // Silence is an alarm of its own: control-plane-down, and that of each replica's name.
      treatMissingData: 'notBreaching',
      alarmActions: [topicArn],
      okActions: [topicArn],
    });
    return made;
  }

  #callEveryMinute(target: CfnFunction, name: string): void {
    this.#callOn(`${name}-schedule`, target, { scheduleExpression: 'rate(1 minute)' });
  }

  #callOn(name: string, target: CfnFunction, when: object): void {
    const rule = new CfnRule(this, name, { ...when, targets: [{ id: 'function', arn: target.attrArn }] });
    new CfnPermission(this, `${name}-may-call`, {
      action: 'lambda:InvokeFunction',
      functionName: target.attrArn,
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
    });
  }

  #role(handler: FunctionProps['handler']): Role {
    const { of, data } = this.props;
    const { database } = data.secrets;
    const keeps = handler === 'keeper';
    const role = new Role(this, `${handler}-role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `The ${handler} of ${of.site.name}`,
      inlinePolicies: {
        function: new PolicyDocument({
          statements: [
            ...basics(this.#logs.logGroupArn),
            mayRead(keeps ? [database.operator] : [database.monitor]),
            ...(keeps ? mayKeep(data.releaseBucketArn) : []),
          ],
        }),
      },
    });
    accept(role, 'IAM5[Resource::*]', 'Interfaces in the VPC, lists, metrics: AWS does not limit them to a resource.');
    belowKeys(role, of.site.name, keeps ? [releaseKeys.editions, releaseKeys.reports] : []);
    return role;
  }
}

/** What every function in a VPC needs, and what both of these do. */
function basics(logsArn: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'BeInTheNetwork',
      // Those of AWS's own policy for functions in a VPC.
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
    new PolicyStatement({
      sid: 'Log',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logsArn],
    }),
    new PolicyStatement({ sid: 'FindServers', actions: ['rds:DescribeDBInstances'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'Measure',
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': metrics.namespace } },
    }),
  ];
}

/** The gates, and what is measured: which edition is current, and what instances and jobs say. */
function mayKeep(bucketArn: string): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'SeeFailovers', actions: ['rds:DescribeEvents'], resources: ['*'] }),
    new PolicyStatement({ sid: 'FindReports', actions: ['s3:ListBucket'], resources: [bucketArn] }),
    new PolicyStatement({
      sid: 'ReadEditionsAndReports',
      actions: ['s3:GetObject'],
      resources: [releaseKeys.editions, releaseKeys.reports].map((key) => `${bucketArn}/${key}*`),
    }),
    new PolicyStatement({
      sid: 'SeeWhoPromotes',
      actions: ['s3:GetObject'],
      resources: [`${bucketArn}/${operationKeys.lease}`],
    }),
    new PolicyStatement({
      sid: 'RecordGates',
      actions: ['s3:PutObject'],
      resources: [`${bucketArn}/${gateRecordKey}`],
    }),
  ];
}

let text: string | undefined;

/** Making it takes a second or two, and it is the same for all sites. */
function functionsText(): string {
  text ??= bundle('aws/functions/main');
  return text;
}
