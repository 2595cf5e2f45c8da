import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subnetCidr, tierCidr, tiers } from '../../src/aws/stacks/network/subnet-plan.js';

function rangeOf(cidr: string): readonly [from: number, to: number] {
  const [address = '', prefix = '0'] = cidr.split('/');
  const from = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return [from, from + 2 ** (32 - Number(prefix)) - 1];
}

const vpcs = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 16, max: 22 }))
  .map(([second, third, prefix]) => `10.${second}.${third}.0/${prefix}`);

describe('the plan of subnets', () => {
  it('puts every subnet into the VPC and into its tier, none over another', () => {
    fc.assert(
      fc.property(vpcs, (vpc) => {
        const [, prefix] = vpc.split('/');
        const size = 2 ** (32 - Number(prefix));
        const vpcFrom = Math.floor(rangeOf(vpc)[0] / size) * size;
        const places = tiers.flatMap((tier) =>
          [0, 1, 2, 3].map((zone) => ({ tier, range: rangeOf(subnetCidr(vpc, tier, zone)) })),
        );
        for (const { tier, range } of places) {
          const [from, to] = rangeOf(tierCidr(vpc, tier));
          expect(range[0] >= from && range[1] <= to).toBe(true);
          expect(range[0] >= vpcFrom && range[1] < vpcFrom + size).toBe(true);
        }
        const starts = places.map(({ range }) => range).sort((a, b) => a[0] - b[0]);
        expect(starts.every(([from], index) => index === 0 || from > (starts[index - 1]?.[1] ?? 0))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps what is there when a zone is added', () => {
    expect(tiers.map((tier) => subnetCidr('10.20.0.0/16', tier, 1))).toEqual([
      '10.20.16.0/20',
      '10.20.80.0/20',
      '10.20.144.0/20',
      '10.20.208.0/20',
    ]);
  });
});
