import { CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { alarmsOf } from '../../../monitoring/alarms.js';
import {
  type CloudWatchAlarm,
  type CloudWatchInventory,
  type CloudWatchMetricData,
  cloudWatchAlarms,
  compositeAlarm,
} from '../../../monitoring/cloudwatch.js';
import type { Site } from '../../../site/schema.js';
import { alarmName } from '../../naming.js';

export interface SiteAlarmsProps {
  readonly site: Site;
  readonly inventory: CloudWatchInventory;
  readonly topicArn: string;
}

/**
 * The alarms of src/monitoring as CloudWatch has them. Each tells the topic when it is raised and when it is over; the
 * one that sums up which of them mean harm to visitors tells nobody, since its parts have.
 */
export class SiteAlarms extends Construct {
  /** By the name that src/monitoring gives. */
  readonly arns: Readonly<Record<string, string>>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: SiteAlarmsProps,
  ) {
    super(scope, id);
    const { site, inventory } = props;
    const alarms = cloudWatchAlarms(alarmsOf(site.alarms), inventory, site.name);
    const made = alarms.map((alarm) => [alarm.name, this.#alarm(alarm)] as const);
    const { name, description, anyOf } = compositeAlarm(alarms, site.name);
    const composite = new CfnCompositeAlarm(this, name, {
      alarmName: alarmName(site.name, name),
      alarmDescription: description,
      alarmRule: anyOf.map((part) => `ALARM("${alarmName(site.name, part)}")`).join(' OR '),
    });
    // The rule names them, which CloudFormation does not read as a dependency.
    for (const [part, alarm] of made) if (anyOf.includes(part)) composite.addResourceDependency(alarm);
    this.arns = Object.fromEntries([[name, composite.attrArn], ...made.map(([part, alarm]) => [part, alarm.attrArn])]);
  }

  #alarm(alarm: CloudWatchAlarm): CfnAlarm {
    const { site, topicArn } = this.props;
    return new CfnAlarm(this, alarm.name, {
      alarmName: alarmName(site.name, alarm.name),
      alarmDescription: alarm.description,
      alarmActions: [topicArn],
      okActions: [topicArn],
      ...judged(alarm),
      evaluationPeriods: alarm.evaluationPeriods,
      datapointsToAlarm: alarm.datapointsToAlarm,
      comparisonOperator: alarm.comparison,
      threshold: alarm.threshold,
      treatMissingData: alarm.treatMissingData,
    });
  }
}

/** One metric is said as such; an expression needs the longer form. */
function judged({ metrics, expression, periodSeconds }: CloudWatchAlarm) {
  const [only] = Object.values(metrics);
  if (expression === undefined && only) {
    const { namespace, name, statistic } = only;
    return {
      namespace,
      metricName: name,
      dimensions: dimensionsOf(only),
      period: periodSeconds,
      ...(statistic === 'p99' ? { extendedStatistic: statistic } : { statistic }),
    };
  }
  const queries = Object.entries(metrics).map(([id, metric]) => ({
    id,
    returnData: false,
    metricStat: {
      metric: { namespace: metric.namespace, metricName: metric.name, dimensions: dimensionsOf(metric) },
      period: periodSeconds,
      stat: metric.statistic,
    },
  }));
  return { metrics: [{ id: 'judged', expression: expression ?? '', returnData: true }, ...queries] };
}

function dimensionsOf({ dimensions }: CloudWatchMetricData) {
  return Object.entries(dimensions).map(([name, value]) => ({ name, value }));
}
