import type { Tier } from './subnet-plan.js';

/** One subnet. */
export interface Subnet {
  readonly id: string;
  readonly zone: string;
}

/** Where everything else is placed: in a VPC that was made for the site, or in one that was there. */
export interface Network {
  readonly vpcId: string;
  /** IPv4 range of the whole VPC. */
  readonly cidr: string;
  /** Whether the public subnets have IPv6, so that visitors can use it. */
  readonly ipv6: boolean;
  /** One for each zone. */
  readonly subnets: Readonly<Record<Tier, readonly Subnet[]>>;
}

export const subnetIds = (network: Network, tier: Tier): string[] => network.subnets[tier].map(({ id }) => id);
