/** One kind of subnet: what lies in it is reached and reaches out in the same way. */
export const tiers = ['public', 'web', 'operations', 'data'] as const;
export type Tier = (typeof tiers)[number];

/**
 * The IPv4 range of a tier in a zone. The range of the VPC has four parts, one for each tier, and each part has four
 * places for zones: a zone that is added later takes a free place, and no subnet that is there changes.
 * @param vpcCidr with a prefix up to 22, such as 10.20.0.0/16
 * @param zoneIndex 0 to 3
 */
export function subnetCidr(vpcCidr: string, tier: Tier, zoneIndex: number): string {
  const { base, prefix } = parse(vpcCidr);
  const subnetPrefix = prefix + 4;
  const place = tiers.indexOf(tier) * 4 + zoneIndex;
  return `${format(base + place * 2 ** (32 - subnetPrefix))}/${subnetPrefix}`;
}

/** The ranges of a tier in every zone as one. */
export function tierCidr(vpcCidr: string, tier: Tier): string {
  const { base, prefix } = parse(vpcCidr);
  return `${format(base + tiers.indexOf(tier) * 2 ** (32 - prefix - 2))}/${prefix + 2}`;
}

function parse(cidr: string): { base: number; prefix: number } {
  const [address = '', prefixText = '32'] = cidr.split('/');
  const prefix = Number(prefixText);
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  // What is written behind the prefix does not count.
  return { base: number - (number % 2 ** (32 - prefix)), prefix };
}

function format(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
