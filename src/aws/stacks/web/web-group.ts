import { Fn } from 'aws-cdk-lib';
import { CfnAutoScalingGroup, CfnScalingPolicy } from 'aws-cdk-lib/aws-autoscaling';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { EnvironmentName } from '../../../site/schema.js';
import { tags } from '../../naming.js';
import { accept } from '../accept.js';
import type { Balancer } from '../edge/balancer.js';
import { type Network, subnetIds } from '../network/network.js';
import type { LaunchTemplate } from './launch-template.js';

export interface WebGroupProps {
  readonly siteName: string;
  readonly environment: EnvironmentName;
  readonly capacity: { readonly min: number; readonly max: number };
  readonly network: Network;
  readonly edge: Balancer;
  readonly template: LaunchTemplate;
}

/** From the start of a machine until it counts, in seconds: mounting, configuration, PHP warm. */
const warmupSeconds = 120;

/**
 * The web instances of an environment, spread over the zones. What the balancer finds unhealthy is replaced; what a
 * new template makes comes one after another, and goes back by itself when visitors get errors.
 */
export class WebGroup extends Construct {
  readonly group: CfnAutoScalingGroup;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WebGroupProps,
  ) {
    super(scope, id);
    accept(this, 'AS3', 'That instances come and go is how it works; the alarms say when there are too few.');
    const { siteName, environment, capacity, network, edge, template } = props;
    const targets = edge.targets[environment];
    this.group = new CfnAutoScalingGroup(this, 'Group', {
      minSize: String(capacity.min),
      maxSize: String(capacity.max),
      vpcZoneIdentifier: subnetIds(network, 'web'),
      launchTemplate: { launchTemplateId: template.id, version: template.version },
      targetGroupArns: [targets.ref],
      // Without this only a machine that is off counts as broken.
      healthCheckType: 'ELB',
      healthCheckGracePeriod: 300,
      defaultInstanceWarmup: warmupSeconds,
      // Launch first, end afterwards, also when zones are evened out.
      instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 150 },
      availabilityZoneImpairmentPolicy: {
        zonalShiftEnabled: true,
        impairedZoneHealthCheckBehavior: 'ReplaceUnhealthy',
      },
      metricsCollection: [{ granularity: '1Minute' }],
      tags: [
        { key: tags.site, value: siteName, propagateAtLaunch: true },
        { key: tags.environment, value: environment, propagateAtLaunch: true },
      ],
    });
    this.group.cfnOptions.updatePolicy = {
      autoScalingInstanceRefresh: {
        strategy: 'Rolling',
        preferences: {
          minHealthyPercentage: 100,
          maxHealthyPercentage: 150,
          instanceWarmup: warmupSeconds,
          skipMatching: true,
          alarmSpecification: { alarms: [this.#errors(targets).ref] },
          bakeTime: 300,
        },
      },
    };
    this.#follow('Cpu', { predefinedMetricType: 'ASGAverageCPUUtilization' }, 50);
    this.#follow(
      'Requests',
      {
        predefinedMetricType: 'ALBRequestCountPerTarget',
        resourceLabel: Fn.join('/', [edge.balancer.attrLoadBalancerFullName, targets.attrTargetGroupFullName]),
      },
      // A minute. WordPress that is not cached answers some ten requests a second on two processors.
      600,
    );
  }

  #follow(
    id: string,
    predefinedMetricSpecification: CfnScalingPolicy.PredefinedMetricSpecificationProperty,
    targetValue: number,
  ): void {
    new CfnScalingPolicy(this, id, {
      autoScalingGroupName: this.group.ref,
      policyType: 'TargetTrackingScaling',
      targetTrackingConfiguration: { predefinedMetricSpecification, targetValue },
    });
  }

  /** What takes a new template back. Not a reason to wake anybody: the alarms of the site judge for themselves. */
  #errors(targets: CfnTargetGroup): CfnAlarm {
    const { siteName, environment, edge } = this.props;
    return new CfnAlarm(this, 'ErrorsWhileReplacing', {
      alarmDescription: `${environment} of ${siteName} answers with errors. While instances are being replaced, the replacement is taken back.`,
      namespace: 'AWS/ApplicationELB',
      metricName: 'HTTPCode_Target_5XX_Count',
      dimensions: [
        { name: 'LoadBalancer', value: edge.balancer.attrLoadBalancerFullName },
        { name: 'TargetGroup', value: targets.attrTargetGroupFullName },
      ],
      statistic: 'Sum',
      period: 60,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      threshold: 10,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
    });
  }
}
