import { describe, expect, it } from 'vitest';
import { endOf, keyOf } from '../../../src/access-log/key.js';

const writer = {
  account: '123456789012',
  region: 'eu-west-1',
  balancer: 'app.shop.0123456789abcdef',
  address: '10.0.0.7',
};

describe('the key of a file of access logs', () => {
  it('is laid out by account, region and day, as in the bucket of a load balancer', () => {
    expect(keyOf(writer, Date.parse('2026-03-01T23:59:59.999Z'), 'ab12cd34')).toBe(
      'AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/03/01/' +
        '123456789012_elasticloadbalancing_eu-west-1_app.shop.0123456789abcdef_20260301T2359Z_10.0.0.7_ab12cd34.log.gz',
    );
  });

  it('tells the minute in which its last request ended', () => {
    const at = Date.parse('2026-03-01T23:59:59.999Z');
    expect(endOf(keyOf(writer, at, 'ab12cd34'))).toBe(Date.parse('2026-03-01T23:59:00Z'));
  });

  it('of something else tells nothing', () => {
    expect(endOf('AWSLogs/123456789012/ELBAccessLogTestFile')).toBeUndefined();
    expect(endOf('AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/03/01/x.tmp')).toBeUndefined();
  });
});
