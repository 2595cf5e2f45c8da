import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Members, stateOf } from '../../src/aws/operate/fleet/members.js';
import { type FakeFleet, type FakeInstance, fakeFleet } from '../helpers/aws/fleet.js';

let aws: FakeFleet;
beforeEach(async () => {
  aws = await fakeFleet('127.14.53.1', 'shop');
});
afterEach(() => aws.close());

function members(site = 'shop'): Members {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const settings = { endpoint: aws.url, region: 'eu-west-1', credentials, maxAttempts: 3 };
  return new Members(site, {
    autoScaling: new AutoScalingClient(settings),
    balancers: new ElasticLoadBalancingV2Client(settings),
    ec2: new EC2Client(settings),
  });
}

function add(id: string, more: Partial<FakeInstance> = {}): void {
  aws.instances.push({
    id,
    environment: 'prod',
    zone: 'eu-west-1b',
    address: `10.0.0.${aws.instances.length + 1}`,
    lifecycle: 'InService',
    health: 'healthy',
    ...more,
  });
}

describe('who belongs to an environment', () => {
  it('is found over the pages of every list', async () => {
    for (const id of ['i-3', 'i-1', 'i-2', 'i-5', 'i-4']) add(id);
    add('i-9', { environment: 'dev' });
    const found = await members().of('prod');
    expect(found.map(({ id }) => id)).toEqual(['i-1', 'i-2', 'i-3', 'i-4', 'i-5']);
    expect(found[0]).toEqual({
      id: 'i-1',
      zone: 'eu-west-1b',
      lifecycle: 'InService',
      health: 'healthy',
      address: '10.0.0.2',
    });
  });

  it('is nobody of another site', async () => {
    add('i-1');
    expect(await members('other').of('prod')).toEqual([]);
  });

  it('is not who is going', async () => {
    add('i-1', { lifecycle: 'Terminating:Wait' });
    add('i-2');
    expect((await members().of('prod')).map(({ id }) => id)).toEqual(['i-2']);
  });

  it('is also an instance that was just started, of which EC2 and the balancer know nothing yet', async () => {
    add('i-1', { lifecycle: 'Pending', health: undefined, hiddenFromEc2: true });
    expect(await members().of('prod')).toMatchObject([{ id: 'i-1', health: undefined, address: undefined }]);
  });

  it('is asked again when AWS is asked too often, and told with the call that failed when it stays so', async () => {
    add('i-1');
    aws.fail('autoscaling:DescribeAutoScalingGroups', 'Throttling', 400, 2);
    expect(await members().of('prod')).toHaveLength(1);
    aws.fail('elasticloadbalancing:DescribeTargetHealth', 'Throttling', 400, 3);
    await expect(members().of('prod')).rejects.toMatchObject({
      code: 'aws-call-failed',
      message: expect.stringContaining('elasticloadbalancing:DescribeTargetHealth'),
    });
  });

  it('is asked of AWS once for many questions within a moment', async () => {
    add('i-1');
    const asked = members();
    await Promise.all([asked.of('prod'), asked.of('prod'), asked.of('prod')]);
    expect(aws.calls.filter((call) => call === 'autoscaling:DescribeAutoScalingGroups')).toHaveLength(1);
  });
});

describe('the state of an instance', () => {
  const member = { id: 'i-1', zone: 'a', lifecycle: 'InService', health: 'healthy', address: '10.0.0.1' };
  const now = 1_000_000;
  it.each([
    ['healthy', {}, 0],
    ['starting', { lifecycle: 'Pending:Wait' }, 0],
    ['starting', { health: 'initial' }, 0],
    ['draining', { health: 'draining' }, 0],
    ['unhealthy', { health: 'unhealthy' }, 0],
    ['unhealthy', { health: undefined }, 0],
    ['unhealthy', {}, 60_000],
    ['stopped', { lifecycle: 'Standby', health: undefined }, 0],
  ] as const)('is %s for %j, %i ms after its last report', (state, more, silentFor) => {
    expect(stateOf({ ...member, ...more }, now - silentFor, now)).toBe(state);
  });
});
