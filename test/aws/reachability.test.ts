import { describe, expect, it } from 'vitest';
import { reachability } from '../helpers/aws-reachability.js';
import { type Templates, templatesOf } from '../helpers/aws-templates.js';

const always = [
  'internet → balancer: 80, 443',
  'balancer → dev: 8080',
  'balancer → prod: 8080',
  // What may go out to the internet may open the balancer as everybody does.
  'dev → internet: 80, 443',
  'dev → balancer: 80, 443',
  'dev → primary: 3306',
  'dev → files of example dev document root: 2049',
  'prod → internet: 443',
  'prod → balancer: 443',
  'prod → replica-1: 3306',
  'prod → replica-2: 3306',
  'prod → files of example media: 2049',
  'operations → internet: 443',
  'operations → balancer: 443',
  'operations → dev: 8080',
  'operations → prod: 8080-8081',
  'operations → primary: 3306',
  'operations → replica-1: 3306',
  'operations → replica-2: 3306',
  'operations → files of example dev document root: 2049',
  'operations → files of example media: 2049',
  'functions → internet: 443',
  'functions → balancer: 443',
  'functions → primary: 3306',
  'functions → replica-1: 3306',
  'functions → replica-2: 3306',
];

const templates = templatesOf();

describe('who can open which port to whom', () => {
  it('is exactly this', () => {
    expect(reachability(templates)).toEqual(always);
  });

  it('is the same with three zones and a NAT gateway in each', () => {
    const wide = templatesOf({ network: { natGateways: 'one-per-zone' } }, { zones: ['a', 'b', 'c'] });
    expect(reachability(wide)).toEqual(always);
  });

  it('is the same for the whole internet with SSH for an allow list', () => {
    expect(reachability(templatesOf({ sshAllow: ['198.18.0.0/15'] }))).toEqual(always);
  });

  it('has SSH to the operations host for the allow list and nothing else', () => {
    // As if the address that stands for the internet were in the list.
    const list = templatesOf({ sshAllow: ['198.51.100.0/24'] });
    expect(reachability(list).filter((line) => !always.includes(line))).toEqual(['internet → operations: 22']);
  });

  it('has a way from the balancer to an identity provider only where people sign in', () => {
    const oidc = {
      issuer: 'https://login.example.com',
      authorizationEndpoint: 'https://login.example.com/authorize',
      tokenEndpoint: 'https://login.example.com/token',
      userInfoEndpoint: 'https://login.example.com/userinfo',
      clientId: 'understudy',
      clientSecretName: 'login/understudy',
    };
    expect(reachability(templatesOf({ devAccess: { oidc } })).filter((line) => !always.includes(line))).toEqual([
      'balancer → internet: 443',
    ]);
  });

  describe('as the computation sees it', () => {
    /** The templates with some resources of the network changed. */
    function changed(
      type: string,
      change: (properties: Record<string, unknown>) => Record<string, unknown>,
    ): Templates {
      const Resources = Object.fromEntries(
        Object.entries(templates.network.Resources).map(([id, resource]) => [
          id,
          resource.Type === type ? { ...resource, Properties: change(resource.Properties) } : resource,
        ]),
      );
      return { ...templates, network: { ...templates.network, Resources } };
    }

    it('a security group that somebody opens to the world still opens nothing behind the packet filters', () => {
      const open = changed('AWS::EC2::SecurityGroup', (properties) => ({
        ...properties,
        SecurityGroupIngress: [{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }],
      }));
      const more = reachability(open).filter((line) => line.startsWith('internet') && !always.includes(line));
      // The balancer's own subnets must let answers through, on ports where it does not listen.
      expect(more).toEqual(['internet → balancer: 80, 443, 1024-65535']);
    });

    it('closed packet filters close everything', () => {
      const closed = changed('AWS::EC2::NetworkAclEntry', (properties) => ({ ...properties, RuleAction: 'deny' }));
      expect(reachability(closed)).toEqual([]);
    });

    it('without answers there is no connection', () => {
      const mute = changed('AWS::EC2::NetworkAclEntry', (properties) =>
        properties.Egress ? { ...properties, PortRange: { From: 1, To: 1023 } } : properties,
      );
      expect(reachability(mute)).toEqual([]);
    });

    it('without a route out, nothing gets out or in', () => {
      const islands = changed('AWS::EC2::Route', (properties) => ({
        ...properties,
        DestinationCidrBlock: '192.0.2.0/24',
      }));
      expect(reachability(islands).filter((line) => line.includes('internet'))).toEqual([]);
    });
  });
});
