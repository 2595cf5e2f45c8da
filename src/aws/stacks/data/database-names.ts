import { Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { CfnHealthCheck, CfnHostedZone, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { metrics, privateZoneName, type ReplicaId, replicaIds, replicasName, serverName } from '../../naming.js';

export interface DatabaseNamesProps {
  readonly siteName: string;
  readonly vpcId: string;
  readonly primary: CfnDBInstance;
  readonly replicas: Readonly<Record<ReplicaId, CfnDBInstance>>;
}

/** How long a resolver keeps an answer, in seconds: what a client may be late by when a server is replaced. */
const ttl = '10';

/**
 * Names that stay when servers are replaced: one for the master, one for each replica, and one that spreads over the
 * replicas by weight. A replica that does not answer is not given out. Editions name the replicas themselves: this
 * spreading serves the steady state and other clients, and is not on the path of a switch.
 */
export class DatabaseNames extends Construct {
  readonly zone: CfnHostedZone;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: DatabaseNamesProps,
  ) {
    super(scope, id);
    const { siteName, vpcId, primary, replicas } = props;
    this.zone = new CfnHostedZone(this, 'Zone', {
      name: `${privateZoneName(siteName)}.`,
      vpcs: [{ vpcId, vpcRegion: Stack.of(this).region }],
    });
    this.#name('Primary', serverName(siteName, 'primary'), primary);
    for (const replica of replicaIds) {
      this.#name(replica, serverName(siteName, replica), replicas[replica]);
      this.#name(`Weighted-${replica}`, serverName(siteName, replicasName), replicas[replica], {
        setIdentifier: replica,
        weight: 50,
        healthCheckId: this.#healthCheck(replica).attrHealthCheckId,
      });
    }
  }

  #name(id: string, name: string, server: CfnDBInstance, spread: object = {}): void {
    new CfnRecordSet(this, id, {
      hostedZoneId: this.zone.attrId,
      name: `${name}.`,
      type: 'CNAME',
      ttl,
      resourceRecords: [server.attrEndpointAddress],
      ...spread,
    });
  }

  /**
   * Route 53 cannot reach a private server, so it watches a metric that says whether somebody inside could. Not the
   * replication lag: behind a closed gate that is what it should be.
   */
  #healthCheck(replica: ReplicaId): CfnHealthCheck {
    const { siteName } = this.props;
    const alarm = new CfnAlarm(this, `Answers-${replica}`, {
      alarmDescription: `${replica} of ${siteName} does not answer a SELECT. Its weighted record is not given out.`,
      namespace: metrics.namespace,
      metricName: metrics.replicaAnswers,
      dimensions: [
        { name: 'Site', value: siteName },
        { name: 'Replica', value: replica },
      ],
      // A health check reads one-minute data with a plain statistic only.
      statistic: 'Minimum',
      period: 60,
      evaluationPeriods: 2,
      datapointsToAlarm: 2,
      threshold: 1,
      comparisonOperator: 'LessThanThreshold',
      treatMissingData: 'breaching',
    });
    const check = new CfnHealthCheck(this, `Check-${replica}`, {
      healthCheckConfig: {
        type: 'CLOUDWATCH_METRIC',
        alarmIdentifier: { name: alarm.ref, region: Stack.of(this).region },
        insufficientDataHealthStatus: 'Unhealthy',
      },
      healthCheckTags: [{ key: 'Name', value: `${siteName} ${replica}` }],
    });
    return check;
  }
}
