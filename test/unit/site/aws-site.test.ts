import { describe, expect, it } from 'vitest';
import { awsSite } from '../../../src/site/aws-site.js';
import { resolveSite } from '../../../src/site/resolve.js';

const complete = {
  account: '111122223333',
  region: 'eu-central-1',
  domains: { dev: 'dev.example.com', prod: 'www.example.com' },
  hostedZone: { name: 'example.com' },
  devAccess: { allow: ['203.0.113.0/24'] },
};

const read = (aws: object, rest: object = {}) =>
  awsSite(resolveSite({ name: 'shop', ...rest, aws: { ...complete, ...aws } }, '/x'));

describe('a definition for AWS', () => {
  it("takes the availability zones from the region and the site's zones", () => {
    expect(read({}).zones).toEqual(['eu-central-1a', 'eu-central-1b']);
    expect(read({ zones: ['eu-central-1b', 'eu-central-1c'] }).zones).toEqual(['eu-central-1b', 'eu-central-1c']);
  });

  it('names everything that is missing at once', () => {
    const site = resolveSite({ name: 'shop' }, '/x');
    expect(() => awsSite(site)).toThrow(
      /aws\.account is missing[\s\S]*aws\.region is missing[\s\S]*hostedZone\.name is missing/,
    );
  });

  it.each<[string, object, RegExp]>([
    ['an account that is not one', { account: '1234' }, /aws\.account is "1234"; it must be the twelve digits/],
    [
      'a domain outside the hosted zone',
      { domains: { ...complete.domains, dev: 'dev.example.org' } },
      /aws\.domains\.dev is "dev\.example\.org"; it must lie in the hosted zone example\.com/,
    ],
    [
      'a name that only ends like the zone',
      { domains: { ...complete.domains, dev: 'dev.myexample.com' } },
      /must lie in the hosted zone/,
    ],
    [
      'a database class that MySQL 8.4 does not run on',
      { database: { primaryClass: 'db.m4.large' } },
      /aws\.database\.primaryClass is "db\.m4\.large"; it must be a class that RDS for MySQL 8\.4 runs on/,
    ],
    [
      'a size that the class does not have',
      { database: { replicaClass: 'db.t4g.16xlarge' } },
      /one of the sizes of db\.t4g/,
    ],
    ['one zone only', { zones: ['eu-central-1a'] }, /aws\.zones .* at least two/],
    ['a zone of another region', { zones: ['eu-west-1a', 'eu-central-1b'] }, /must be of the region eu-central-1/],
    ['a zone twice', { zones: ['eu-central-1a', 'eu-central-1a'] }, /names a zone twice/],
    [
      'SSH from everywhere',
      { sshAllow: ['0.0.0.0/0'] },
      /aws\.sshAllow\[0\] is "0\.0\.0\.0\/0"; it must be .*the whole internet is not a list/,
    ],
    ['dev open to the world', { devAccess: { allow: ['0.0.0.0/0'] } }, /aws\.devAccess\.allow\[0\]/],
    ['dev without any access rule', { devAccess: {} }, /dev must not be open to the world/],
    ['two processors for one image', { instances: { dev: 'm6i.large' } }, /aws\.instances\.dev .*there is one image/],
    [
      'storage that cannot grow',
      { database: { storageGb: 100, maxStorageGb: 100 } },
      /aws\.database\.maxStorageGb is 100/,
    ],
    [
      'a network of its own that is public',
      { network: { cidr: '8.8.0.0/16' } },
      /aws\.network\.cidr .* private IPv4 range/,
    ],
  ])('is refused with %s, naming the field', (_, aws, message) => {
    expect(() => read(aws)).toThrow(message);
  });

  it('is refused when the site has one zone and none are named', () => {
    expect(() => read({}, { zones: ['a'] })).toThrow(/aws\.zones has one zone/);
  });

  it('is refused with more instances at least than at most', () => {
    expect(() => read({}, { environments: { prod: { capacity: { min: 5, max: 2 } } } })).toThrow(
      /environments\.prod\.capacity\.min is 5, more than max/,
    );
  });
});
