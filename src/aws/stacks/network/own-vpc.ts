import { CfnOutput, Fn, Stack, Tags } from 'aws-cdk-lib';
import {
  CfnEIP,
  CfnInternetGateway,
  CfnNatGateway,
  CfnRoute,
  CfnRouteTable,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  CfnVPC,
  CfnVPCCidrBlock,
  CfnVPCEndpoint,
  CfnVPCGatewayAttachment,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Network, Subnet } from './network.js';
import { subnetCidr, type Tier, tiers } from './subnet-plan.js';

export interface OwnVpcProps {
  readonly name: string;
  readonly cidr: string;
  readonly zones: readonly string[];
  readonly natGateways: 'one' | 'one-per-zone';
  /** Whether the operations host must be reachable from outside, for SSH; else it reaches out through NAT only. */
  readonly publicOperations: boolean;
}

/**
 * A VPC with four tiers of subnets in each zone: public (balancer and NAT), web, operations, and data, which has no
 * route to the internet at all. IPv6 is for visitors, so only the public tier has it.
 */
export class OwnVpc extends Construct implements Network {
  readonly vpcId: string;
  readonly cidr: string;
  readonly ipv6 = true;
  readonly subnets: Readonly<Record<Tier, readonly Subnet[]>>;
  readonly #vpc: CfnVPC;
  readonly #gateway: CfnInternetGateway;
  readonly #attached: CfnVPCGatewayAttachment;
  readonly #ipv6Block: CfnVPCCidrBlock;
  readonly #made: CfnSubnet[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: OwnVpcProps,
  ) {
    super(scope, id);
    this.cidr = props.cidr;
    this.#vpc = new CfnVPC(this, 'Vpc', { cidrBlock: props.cidr, enableDnsHostnames: true, enableDnsSupport: true });
    Tags.of(this).add('Name', props.name);
    this.vpcId = this.#vpc.ref;
    this.#ipv6Block = new CfnVPCCidrBlock(this, 'Ipv6', { vpcId: this.vpcId, amazonProvidedIpv6CidrBlock: true });
    this.#gateway = new CfnInternetGateway(this, 'InternetGateway');
    this.#attached = new CfnVPCGatewayAttachment(this, 'InternetGatewayAttachment', {
      vpcId: this.vpcId,
      internetGatewayId: this.#gateway.ref,
    });
    this.subnets = {
      public: this.#subnetsOf('public'),
      web: this.#subnetsOf('web'),
      operations: this.#subnetsOf('operations'),
      data: this.#subnetsOf('data'),
    };
    this.#route();
    new CfnOutput(this, 'VpcId', { value: this.vpcId });
  }

  #subnetsOf(tier: Tier): readonly Subnet[] {
    const { cidr, zones, name } = this.props;
    return zones.map((zone, index) => {
      const inPublic = tier === 'public';
      const subnet = new CfnSubnet(this, `${capital(tier)}${index + 1}`, {
        vpcId: this.vpcId,
        availabilityZone: zone,
        cidrBlock: subnetCidr(cidr, tier, index),
        // Nothing gets a public address by being placed somewhere; the operations host asks for one where SSH is on.
        mapPublicIpOnLaunch: false,
        ...(inPublic
          ? { ipv6CidrBlock: Fn.select(index, Fn.cidr(Fn.select(0, this.#vpc.attrIpv6CidrBlocks), 4, '64')) }
          : {}),
      });
      if (inPublic) subnet.addResourceDependency(this.#ipv6Block);
      Tags.of(subnet).add('Name', `${name} ${tier} ${zone}`);
      this.#made.push(subnet);
      return { id: subnet.ref, zone };
    });
  }

  /** A route table for each zone of each tier: the way out of one zone is not in another, unless there is one NAT. */
  #route(): void {
    const { zones, natGateways, publicOperations } = this.props;
    const nats = zones.slice(0, natGateways === 'one' ? 1 : zones.length).map((_, index) => this.#nat(index));
    const tables: string[] = [];
    zones.forEach((_, index) => {
      const nat = nats[index] ?? nats[0];
      for (const tier of tiers) {
        const table = new CfnRouteTable(this, `${capital(tier)}Routes${index + 1}`, { vpcId: this.vpcId });
        new CfnSubnetRouteTableAssociation(this, `${capital(tier)}RoutesOf${index + 1}`, {
          subnetId: this.subnets[tier][index]?.id ?? '',
          routeTableId: table.ref,
        });
        if (tier === 'public') this.#toInternet(table, tier, index, true);
        if (tier === 'operations' && publicOperations) this.#toInternet(table, tier, index, false);
        else if ((tier === 'web' || tier === 'operations') && nat) {
          new CfnRoute(this, `${capital(tier)}Out${index + 1}`, {
            routeTableId: table.ref,
            destinationCidrBlock: '0.0.0.0/0',
            natGatewayId: nat.ref,
          });
        }
        if (tier === 'web' || tier === 'operations') tables.push(table.ref);
      }
    });
    // Releases come from S3: through NAT every gigabyte would be paid for.
    new CfnVPCEndpoint(this, 'S3', {
      vpcId: this.vpcId,
      serviceName: `com.amazonaws.${Stack.of(this).region}.s3`,
      vpcEndpointType: 'Gateway',
      routeTableIds: tables,
    });
  }

  #toInternet(table: CfnRouteTable, tier: Tier, index: number, ipv6: boolean): void {
    const route = (id: string, destination: object) =>
      new CfnRoute(this, id, {
        routeTableId: table.ref,
        gatewayId: this.#gateway.ref,
        ...destination,
      }).addResourceDependency(this.#attached);
    route(`${capital(tier)}Out${index + 1}`, { destinationCidrBlock: '0.0.0.0/0' });
    if (ipv6) route(`${capital(tier)}OutIpv6${index + 1}`, { destinationIpv6CidrBlock: '::/0' });
  }

  #nat(index: number): CfnNatGateway {
    const address = new CfnEIP(this, `NatAddress${index + 1}`, { domain: 'vpc' });
    const nat = new CfnNatGateway(this, `Nat${index + 1}`, {
      subnetId: this.subnets.public[index]?.id ?? '',
      allocationId: address.attrAllocationId,
    });
    nat.addResourceDependency(this.#attached);
    return nat;
  }
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
