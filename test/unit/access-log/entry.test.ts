import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessEntry, formatEntry, parseEntry } from '../../../src/access-log/entry.js';

const entry: AccessEntry = {
  type: 'h2',
  at: Date.parse('2026-03-01T10:11:12.345Z'),
  balancer: 'app/shop/0123456789abcdef',
  client: '203.0.113.7:50111',
  target: '127.16.1.151:8080',
  requestMs: 1,
  targetMs: 48,
  responseMs: 3,
  status: 200,
  targetStatus: 200,
  receivedBytes: 111,
  sentBytes: 5_120,
  method: 'GET',
  url: 'https://shop.example:443/cart?x=1',
  protocol: 'HTTP/2.0',
  userAgent: 'Mozilla/5.0 (X11)',
  cipher: 'TLS_AES_128_GCM_SHA256',
  tls: 'TLSv1.3',
  targetGroup: 'targetgroup/shop-prod/0123456789abcdef',
  domain: 'shop.example',
  rule: 1,
  action: 'forward',
  edition: 7,
};

/** As AWS documents it, wrapped there. */
const ofAws =
  'https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 ' +
  '0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ' +
  'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ' +
  'arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 ' +
  '"Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" ' +
  '"arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" ' +
  '1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_123456';

describe('a line of an access log', () => {
  it('says what happened, field by field, as a load balancer of AWS does', () => {
    expect(formatEntry(entry)).toBe(
      'h2 2026-03-01T10:11:12.345000Z app/shop/0123456789abcdef 203.0.113.7:50111 127.16.1.151:8080 ' +
        '0.001 0.048 0.003 200 200 111 5120 "GET https://shop.example:443/cart?x=1 HTTP/2.0" "Mozilla/5.0 (X11)" ' +
        'TLS_AES_128_GCM_SHA256 TLSv1.3 targetgroup/shop-prod/0123456789abcdef "-" "shop.example" "-" 1 ' +
        '2026-03-01T10:11:12.293000Z "forward" "-" "-" "127.16.1.151:8080" "200" "-" "-" - "edition=7"',
    );
  });

  it('of AWS itself is understood, and says nothing of an edition', () => {
    expect(parseEntry(ofAws)).toMatchObject({
      at: Date.parse('2018-07-02T22:23:00.186Z'),
      requestMs: 86,
      targetMs: 48,
      responseMs: 37,
      status: 200,
      sentBytes: 57,
      url: 'https://www.example.com:443/',
      userAgent: 'curl/7.46.0',
      domain: 'www.example.com',
      rule: 1,
      action: 'authenticate,forward',
      edition: undefined,
    });
  });

  it('of a request that no instance got has no times and no target', () => {
    const { target, requestMs, targetMs, responseMs, targetStatus, ...rest } = entry;
    const refused: AccessEntry = {
      ...rest,
      status: 503,
      target: undefined,
      requestMs: undefined,
      targetMs: undefined,
      responseMs: undefined,
      targetStatus: undefined,
    };
    expect(formatEntry(refused)).toContain(' - -1 -1 -1 503 - 111 ');
    expect(parseEntry(formatEntry(refused))).toEqual(refused);
  });

  it.each(['', 'torn li', 'https not-a-time a b c d e f g h i j k l', `${'x '.repeat(40)}`])(
    'that is none is told apart: %j',
    (line) => {
      expect(parseEntry(line)).toBeUndefined();
    },
  );

  it('stays one line with its fields in place, whatever a visitor has sent', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(text, text, (userAgent, domain) => {
        const line = formatEntry({ ...entry, userAgent, domain });
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(parseEntry(line)).toMatchObject({ status: 200, targetGroup: entry.targetGroup, rule: 1, edition: 7 });
      }),
    );
  });
});
