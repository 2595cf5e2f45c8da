import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnCertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import { environmentNames } from '../../../site/schema.js';
import type { DataStack } from '../data/data-stack.js';
import type { NetworkStack } from '../network/network-stack.js';
import { Balancer } from './balancer.js';

export interface EdgeStackProps extends StackProps {
  readonly of: AwsSite;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** What visitors meet first: names, certificate, balancer. */
export class EdgeStack extends Stack {
  readonly edge: Balancer;
  readonly certificateArn: string;

  constructor(scope: Construct, id: string, { of, network, data, ...props }: EdgeStackProps) {
    super(scope, id, props);
    this.certificateArn = of.aws.certificateArn ?? this.#certificate(of, data.publicZoneId);
    this.edge = new Balancer(this, 'Balancer', {
      of,
      network: network.network,
      group: network.groups.idOf('balancer'),
      certificateArn: this.certificateArn,
      logs: data.logs,
    });
    for (const environment of environmentNames) {
      for (const type of network.network.ipv6 ? ['A', 'AAAA'] : ['A']) {
        new CfnRecordSet(this, `${environment}-${type}`, {
          hostedZoneId: data.publicZoneId,
          name: `${of.domains[environment]}.`,
          type,
          aliasTarget: {
            dnsName: `dualstack.${this.edge.balancer.attrDnsName}`,
            hostedZoneId: this.edge.balancer.attrCanonicalHostedZoneId,
            evaluateTargetHealth: false,
          },
        });
      }
      new CfnOutput(this, `Url-${environment}`, { value: `https://${of.domains[environment]}` });
    }
  }

  /** One for both names, validated and renewed through records that ACM asks for in our zone. */
  #certificate({ domains }: AwsSite, hostedZoneId: string): string {
    const names = [domains.prod, domains.dev];
    return new CfnCertificate(this, 'Certificate', {
      domainName: domains.prod,
      subjectAlternativeNames: [domains.dev],
      validationMethod: 'DNS',
      domainValidationOptions: names.map((domainName) => ({ domainName, hostedZoneId })),
    }).ref;
  }
}
