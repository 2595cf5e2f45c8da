import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { imageApp } from '../../src/aws/stacks/app.js';
import { withChecks } from '../../src/aws/synthesise.js';
import { reachability } from '../helpers/aws-reachability.js';
import {
  exampleAws,
  exampleSite,
  flattened,
  resourcesOf,
  type Template,
  type Templates,
  templatesOf,
} from '../helpers/aws-templates.js';

const oidc = {
  issuer: 'https://login.example.com',
  authorizationEndpoint: 'https://login.example.com/authorize',
  tokenEndpoint: 'https://login.example.com/token',
  userInfoEndpoint: 'https://login.example.com/userinfo',
  clientId: 'understudy',
  clientSecretName: 'login/understudy',
};

const vpc = {
  id: 'vpc-0123456789abcdef0',
  cidr: '10.0.0.0/16',
  publicSubnets: ['subnet-0000000a', 'subnet-0000000b'],
  webSubnets: ['subnet-0000000c', 'subnet-0000000d'],
  operationsSubnets: ['subnet-0000000e', 'subnet-0000000f'],
  dataSubnets: ['subnet-00000010', 'subnet-00000011'],
};

const userDataOf = (templates: Templates, stack: 'dev' | 'prod' | 'operations') =>
  flattened(
    templates,
    stack,
    resourcesOf(templates, 'AWS::EC2::LaunchTemplate', stack)[0]?.properties.LaunchTemplateData.UserData,
  );

describe('what a definition may choose', () => {
  it('a VPC that is there already: nothing is made in it but security groups', () => {
    const templates = templatesOf({ network: { vpc } });
    const made = new Set(Object.values(templates.network.Resources).map(({ Type }) => Type));
    expect([...made].sort()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
    ]);
    expect(resourcesOf(templates, 'AWS::ElasticLoadBalancingV2::LoadBalancer')[0]?.properties).toMatchObject({
      Subnets: vpc.publicSubnets,
      IpAddressType: 'ipv4',
    });
    expect(resourcesOf(templates, 'AWS::Route53::RecordSet', 'edge').map(({ properties }) => properties.Type)).toEqual([
      'A',
      'A',
    ]);
    expect(userDataOf(templates, 'prod')).toContain('TRUSTED_PROXIES=10.0.0.0/16');
  });

  it('a hosted zone and a certificate that are there: neither is made', () => {
    const certificateArn = 'arn:aws:acm:eu-central-1:999999999999:certificate/01234567-89ab-cdef-0123-456789abcdef';
    const templates = templatesOf({ hostedZone: { name: 'example.com', id: 'Z0123456789ABCDEFGHIJ' }, certificateArn });
    expect(resourcesOf(templates, 'AWS::CertificateManager::Certificate')).toEqual([]);
    expect(resourcesOf(templates, 'AWS::Route53::HostedZone').map(({ properties }) => properties.Name)).toEqual([
      'example.understudy.internal.',
    ]);
    for (const { properties } of resourcesOf(templates, 'AWS::Route53::RecordSet', 'edge')) {
      expect(properties.HostedZoneId).toBe('Z0123456789ABCDEFGHIJ');
    }
  });

  it('a zone that is made tells its name servers', () => {
    expect(templatesOf().data.Outputs).toHaveProperty('NameServers');
  });

  it('people who sign in to dev, with or without an allow list', () => {
    const rulesOf = (devAccess: object) =>
      resourcesOf(templatesOf({ devAccess }), 'AWS::ElasticLoadBalancingV2::ListenerRule')
        .filter(({ properties }) => JSON.stringify(properties).includes('dev.example.com'))
        .map(({ properties }) => properties.Actions.map(({ Type }: { Type: string }) => Type));
    expect(rulesOf({ oidc })).toEqual([['authenticate-oidc', 'forward']]);
    expect(rulesOf({ oidc, allow: ['203.0.113.0/24'] })).toEqual([['forward'], ['authenticate-oidc', 'forward']]);
  });

  it('SSH from an allow list: the operations host gets a public address and a way to the internet gateway', () => {
    const templates = templatesOf({ sshAllow: ['203.0.113.0/24'] });
    const launch = resourcesOf(templates, 'AWS::EC2::LaunchTemplate', 'operations')[0]?.properties.LaunchTemplateData;
    expect(launch.NetworkInterfaces[0].AssociatePublicIpAddress).toBe(true);
    expect(reachability(templates)).not.toContain('internet → operations: 22');
  });

  it('a PHP site without WordPress: hosts are told nothing of WordPress', () => {
    const app = { kind: 'php', directory: './site', publicPath: 'public', healthPath: '/ping', mediaPath: 'uploads' };
    const data = userDataOf(templatesOf({}, { app }), 'prod');
    expect(data).toContain('APP_KIND=php');
    expect(data).toContain('PUBLIC_PATH=public');
    expect(data).not.toContain('SALTS_SECRET');
  });

  it.each([
    ['Intel processors', { instances: { dev: 'm7i.large', prod: 'm7i.large', operations: 't3.small' } }, {}],
    ['three named zones', { zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] }, { zones: ['a', 'b', 'c'] }],
    [
      'everything at once',
      {
        sshAllow: ['203.0.113.0/24'],
        devAccess: { oidc },
        network: { natGateways: 'one-per-zone', cidr: '192.168.64.0/22' },
      },
      {},
    ],
    ['capacity for many visitors', {}, { environments: { prod: { capacity: { min: 4, max: 20 } } } }],
    [
      'large databases',
      {
        database: {
          primaryClass: 'db.r8g.4xlarge',
          replicaClass: 'db.m7i.2xlarge',
          storageGb: 1000,
          maxStorageGb: 4000,
        },
      },
      {},
    ],
    ['a long name', {}, { name: 'a-site-with-the-longest-name-31' }],
  ])('%s', (_, aws, rest) => {
    expect(Object.keys(templatesOf(aws, rest))).toHaveLength(6);
  });
});

describe('what builds the image', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'understudy-image-'));
  const build = (instanceFiles: string, { advised = false } = {}) => {
    const app = imageApp({ of: exampleSite(), instanceFiles, outdir });
    if (advised) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    // Findings without a reason make this throw.
    return withChecks(false, () => app.synth()).stacks.find(({ id }) => id === 'image')?.template as Template;
  };
  const ofType = ({ Resources }: Template, type: string) =>
    Object.values(Resources).find(({ Type }) => Type === type)?.Properties;

  it('starts from Amazon Linux for the right processor and installs what a host needs', () => {
    const template = build('abcdef012345', { advised: true });
    expect(ofType(template, 'AWS::ImageBuilder::ImageRecipe').ParentImage).toContain('amazon-linux-2023-arm64');
    expect(JSON.stringify(ofType(template, 'AWS::ImageBuilder::Component').Data)).toContain('aws/install');
    expect(ofType(template, 'AWS::ImageBuilder::ImagePipeline')).not.toHaveProperty('Schedule');
  });

  it('stands on nothing of the network that a deployment of the site would take away', () => {
    const used = [...JSON.stringify(build('abcdef012345')).matchAll(/"Fn::ImportValue":"([^"]+)"/g)].map(
      ([, name]) => name,
    );
    const exported = Object.values(templatesOf().network.Outputs ?? {}).map(({ Export }) => Export?.Name);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !exported.includes(name))).toEqual([]);
  });

  it('has a new version for new files, since a version never changes', () => {
    const versions = ['abcdef012345', 'abcdee012345'].map(
      (files) => ofType(build(files), 'AWS::ImageBuilder::Component').Version,
    );
    expect(new Set(versions).size).toBe(2);
  });

  afterAll(() => rmSync(outdir, { recursive: true, force: true }));
});

describe('what stands in no template', () => {
  const secret = 'sk_live_do_not_print_me';
  const templates = templatesOf(
    {},
    {
      environments: {
        dev: { constants: { PAYMENT_KEY: secret }, options: { payment_key: secret } },
        prod: { constants: { PAYMENT_KEY: secret }, options: { payment_key: secret } },
      },
    },
  );

  it('is a constant or an option of the definition: they may be keys', () => {
    expect(JSON.stringify(templates)).not.toContain(secret);
  });

  it("is the owner's account number", () => {
    expect(JSON.stringify(templates)).not.toContain(exampleAws.account);
  });

  it('is a password: what needs one refers to Secrets Manager', () => {
    for (const { properties } of resourcesOf(templates, 'AWS::RDS::DBInstance')) {
      const password = JSON.stringify(properties.MasterUserPassword ?? '');
      expect(password === '""' || password.includes('{{resolve:secretsmanager:')).toBe(true);
    }
    for (const { type, properties } of Object.values(templates).flatMap(({ Resources }) =>
      Object.values(Resources).map(({ Type, Properties }) => ({ type: Type, properties: Properties })),
    )) {
      const found = JSON.stringify(properties ?? {}).match(
        /"(\w*(?:Password|SecretString|ClientSecret))":"(?!\{\{resolve)([^"]+)"/,
      );
      expect(found?.[0], type).toBeUndefined();
    }
  });
});
