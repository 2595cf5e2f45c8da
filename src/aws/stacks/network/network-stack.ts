import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import { FlowLogs } from './flow-logs.js';
import type { Network } from './network.js';
import { OwnVpc } from './own-vpc.js';
import { PacketFilters } from './packet-filters.js';
import { SecurityGroups } from './security-groups.js';

/** Addresses, ways out, and who may talk to whom. Changes rarely; everything else stands on it. */
export class NetworkStack extends Stack {
  readonly network: Network;
  readonly groups: SecurityGroups;

  constructor(scope: Construct, id: string, { of, ...props }: StackProps & { readonly of: AwsSite }) {
    super(scope, id, props);
    const { aws, zones, site } = of;
    const { vpc } = aws.network;
    if (vpc === 'own') {
      this.network = new OwnVpc(this, 'Network', {
        name: site.name,
        cidr: aws.network.cidr,
        zones,
        natGateways: aws.network.natGateways,
        publicOperations: aws.sshAllow.length > 0,
      });
      new FlowLogs(this, 'FlowLogs', { vpcId: this.network.vpcId });
      new PacketFilters(this, 'PacketFilters', { network: this.network, sshAllow: aws.sshAllow });
    } else {
      // Somebody else's VPC: its routes, filters and logs are theirs. Only security groups are added.
      const place = (ids: readonly string[]) =>
        ids.map((subnetId, index) => ({ id: subnetId, zone: zones[index] ?? '' }));
      this.network = {
        vpcId: vpc.id,
        cidr: vpc.cidr,
        ipv6: vpc.ipv6,
        subnets: {
          public: place(vpc.publicSubnets),
          web: place(vpc.webSubnets),
          operations: place(vpc.operationsSubnets),
          data: place(vpc.dataSubnets),
        },
      };
    }
    this.groups = new SecurityGroups(this, 'SecurityGroups', {
      vpcId: this.network.vpcId,
      ipv6: this.network.ipv6,
      sshAllow: aws.sshAllow,
      balancerSignsIn: aws.devAccess.oidc !== 'none',
    });
  }
}
