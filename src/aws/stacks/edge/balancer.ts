import { CfnListener, CfnListenerRule, CfnLoadBalancer, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import type { EnvironmentName } from '../../../site/schema.js';
import { ports } from '../../naming.js';
import { logFolders } from '../data/buckets.js';
import { type Network, subnetIds } from '../network/network.js';
import { devRules } from './dev-access.js';

export interface BalancerProps {
  readonly of: AwsSite;
  readonly network: Network;
  readonly group: string;
  readonly certificateArn: string;
  readonly logs: Bucket;
}

/** The balancer: TLS, the environment by the Host header, 404 for every other name. */
export class Balancer extends Construct {
  readonly balancer: CfnLoadBalancer;
  readonly targets: Readonly<Record<EnvironmentName, CfnTargetGroup>>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BalancerProps,
  ) {
    super(scope, id);
    const { of, network, group, logs } = props;
    this.balancer = new CfnLoadBalancer(this, 'Balancer', {
      type: 'application',
      scheme: 'internet-facing',
      ipAddressType: network.ipv6 ? 'dualstack' : 'ipv4',
      subnets: subnetIds(network, 'public'),
      securityGroups: [group],
      loadBalancerAttributes: attributes({
        'deletion_protection.enabled': true,
        'access_logs.s3.enabled': true,
        'access_logs.s3.bucket': logs.bucketName,
        'access_logs.s3.prefix': logFolders.balancer,
        'routing.http.drop_invalid_header_fields.enabled': true,
        // Longer than any page takes; shorter than nginx keeps an idle connection.
        'idle_timeout.timeout_seconds': 60,
      }),
    });
    this.targets = { dev: this.#targetGroup('dev', network.vpcId), prod: this.#targetGroup('prod', network.vpcId) };
    new CfnListener(this, 'Http', {
      loadBalancerArn: this.balancer.ref,
      port: ports.http,
      protocol: 'HTTP',
      defaultActions: [
        {
          type: 'redirect',
          redirectConfig: { protocol: 'HTTPS', port: String(ports.https), statusCode: 'HTTP_301' },
        },
      ],
    });
    const listener = this.#https();
    this.#rule(listener, 'Prod', 10, [host(of.domains.prod)], this.#forward('prod'));
    devRules(of).forEach(({ conditions, before }, index) => {
      this.#rule(
        listener,
        `Dev${index + 1}`,
        20 + index,
        [host(of.domains.dev), ...conditions],
        [...before, ...this.#forward('dev', before.length + 1)],
      );
    });
  }

  #https(): CfnListener {
    return new CfnListener(this, 'Https', {
      loadBalancerArn: this.balancer.ref,
      port: ports.https,
      protocol: 'HTTPS',
      sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      certificates: [{ certificateArn: this.props.certificateArn }],
      // Scanners ask by address or with names of others; nobody who means this site does.
      defaultActions: [
        {
          type: 'fixed-response',
          fixedResponseConfig: { statusCode: '404', contentType: 'text/plain', messageBody: 'Not found' },
        },
      ],
    });
  }

  #targetGroup(environment: EnvironmentName, vpcId: string): CfnTargetGroup {
    return new CfnTargetGroup(this, `Targets-${environment}`, {
      vpcId,
      targetType: 'instance',
      protocol: 'HTTP',
      port: ports.web,
      // A page of our own: no redirect of WordPress, no database behind it.
      healthCheckPath: '/-/health',
      healthCheckIntervalSeconds: 5,
      healthCheckTimeoutSeconds: 2,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: { httpCode: '200' },
      targetGroupAttributes: attributes({
        'deregistration_delay.timeout_seconds': 30,
        'load_balancing.algorithm.type': 'least_outstanding_requests',
      }),
    });
  }

  #rule(
    listener: CfnListener,
    id: string,
    priority: number,
    conditions: CfnListenerRule.RuleConditionProperty[],
    actions: CfnListenerRule.ActionProperty[],
  ): void {
    new CfnListenerRule(this, id, { listenerArn: listener.ref, priority, conditions, actions });
  }

  #forward(environment: EnvironmentName, order = 1): CfnListenerRule.ActionProperty[] {
    return [{ type: 'forward', order, targetGroupArn: this.targets[environment].ref }];
  }
}

const host = (name: string): CfnListenerRule.RuleConditionProperty => ({
  field: 'host-header',
  hostHeaderConfig: { values: [name] },
});

function attributes(values: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));
}
