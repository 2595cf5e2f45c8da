import { CfnNetworkAcl, CfnNetworkAclEntry, CfnSubnetNetworkAclAssociation } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { ports } from '../../naming.js';
import { accept } from '../accept.js';
import type { Network } from './network.js';
import { type Tier, tierCidr, tiers } from './subnet-plan.js';

interface Allowed {
  readonly peer: string;
  readonly from: number;
  readonly to: number;
}

interface TierRules {
  readonly in: readonly Allowed[];
  readonly out: readonly Allowed[];
}

const anywhere = '0.0.0.0/0';
const anywhere6 = '::/0';

/** Ports of the answering side: what the balancer, NAT and Linux open connections from. */
const fromManaged = { from: 1024, to: 65_535 };
const fromLinux = { from: 32_768, to: 65_535 };
const one = (port: number) => ({ from: port, to: port });

/**
 * A second fence behind the security groups, for a tier as a whole: a group that somebody widens by mistake still
 * opens nothing to the internet. Packet filters remember no connections, so answers are rules of their own.
 */
export class PacketFilters extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { network, sshAllow }: { readonly network: Network; readonly sshAllow: readonly string[] },
  ) {
    super(scope, id);
    accept(this, 'VPC3', 'Asked for: a second fence. Only what the security groups allow anyway is let through.');
    const rules = rulesFor(network.cidr, sshAllow);
    for (const tier of tiers) {
      const filter = new CfnNetworkAcl(this, tier, { vpcId: network.vpcId });
      for (const direction of ['in', 'out'] as const) {
        rules[tier][direction].forEach((allowed, index) => {
          this.#entry(filter, `${tier}-${direction}-${index + 1}`, direction === 'out', 100 + index * 10, allowed);
        });
      }
      network.subnets[tier].forEach((subnet, index) => {
        new CfnSubnetNetworkAclAssociation(this, `${tier}-of-${index + 1}`, {
          networkAclId: filter.attrId,
          subnetId: subnet.id,
        });
      });
    }
  }

  #entry(filter: CfnNetworkAcl, id: string, egress: boolean, ruleNumber: number, { peer, from, to }: Allowed): void {
    new CfnNetworkAclEntry(this, id, {
      networkAclId: filter.attrId,
      egress,
      ruleNumber,
      ruleAction: 'allow',
      protocol: 6,
      portRange: { from, to },
      ...(peer.includes(':') ? { ipv6CidrBlock: peer } : { cidrBlock: peer }),
    });
  }
}

function rulesFor(cidr: string, sshAllow: readonly string[]): Readonly<Record<Tier, TierRules>> {
  const of = (tier: Tier) => tierCidr(cidr, tier);
  const everybody = (range: { from: number; to: number }): Allowed[] => [
    { peer: anywhere, ...range },
    { peer: anywhere6, ...range },
  ];
  return {
    public: {
      in: [...everybody(one(ports.http)), ...everybody(one(ports.https)), { peer: anywhere, ...fromManaged }],
      out: [
        { peer: of('web'), ...one(ports.web) },
        { peer: anywhere, ...one(ports.http) },
        { peer: anywhere, ...one(ports.https) },
        ...everybody(fromManaged),
      ],
    },
    web: {
      in: [
        { peer: of('public'), ...one(ports.web) },
        { peer: of('operations'), from: ports.web, to: ports.preview },
        // Functions are in this tier, and open connections from any port above 1023.
        { peer: anywhere, ...fromManaged },
      ],
      out: [
        { peer: of('data'), ...one(ports.database) },
        { peer: of('data'), ...one(ports.files) },
        { peer: anywhere, ...one(ports.http) },
        { peer: anywhere, ...one(ports.https) },
        { peer: of('public'), ...fromManaged },
        { peer: of('operations'), ...fromLinux },
      ],
    },
    operations: {
      in: [...sshAllow.map((peer) => ({ peer, ...one(ports.ssh) })), { peer: anywhere, ...fromLinux }],
      out: [
        { peer: of('data'), ...one(ports.database) },
        { peer: of('data'), ...one(ports.files) },
        { peer: of('web'), from: ports.web, to: ports.preview },
        { peer: anywhere, ...one(ports.https) },
        ...sshAllow.map((peer) => ({ peer, ...fromManaged })),
      ],
    },
    data: {
      in: [
        ...(['web', 'operations'] as const).flatMap((tier) => [
          { peer: of(tier), ...one(ports.database) },
          { peer: of(tier), ...one(ports.files) },
        ]),
        // Replicas fetch from the master; RDS opens its security groups for that by itself, not this filter.
        { peer: of('data'), ...one(ports.database) },
        { peer: of('data'), ...fromManaged },
      ],
      out: [
        { peer: of('web'), ...fromManaged },
        { peer: of('operations'), ...fromLinux },
        { peer: of('data'), ...one(ports.database) },
        { peer: of('data'), ...fromManaged },
      ],
    },
  };
}
