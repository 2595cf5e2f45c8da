import { z } from 'zod';
import { databaseClassProblem, instanceTypeProblem } from './aws-classes.js';

/**
 * The `aws` section of the definition. Nothing here is required by itself, since a site may never leave its machine:
 * what the AWS platform needs is asked for by aws-site.ts, when it is used.
 */

/** A field that has no default, and that the example definition sets. */
const shownInExample = { inExample: true } as const;

const hostName = z
  .string()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'must be a host name in lower case, such as www.example.com, without scheme, port or path',
  });

const octet = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ipv4Range = (from: number) => new RegExp(`^${octet}(\\.${octet}){3}/(${from}|${prefixes(from + 1)})$`);
const prefixes = (from: number) => Array.from({ length: 33 - from }, (_, index) => from + index).join('|');

const allowedRange = z.string().regex(ipv4Range(8), {
  error: 'must be an IPv4 range such as 203.0.113.0/24, with a prefix from 8 to 32: the whole internet is not a list',
});

const zoneName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, {
  error: 'must be an availability zone such as eu-central-1a',
});

const subnetIds = z
  .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, { error: 'must be the id of a subnet, such as subnet-0a1b2c3d' }))
  .min(2)
  .max(3);

const existingVpc = z.strictObject({
  id: z.string().regex(/^vpc-[0-9a-f]{8,17}$/, { error: 'must be the id of a VPC, such as vpc-0a1b2c3d' }),
  cidr: z.string().regex(ipv4Range(8), { error: 'must be the IPv4 range of the VPC, such as 10.0.0.0/16' }),
  ipv6: z.boolean().default(false),
  publicSubnets: subnetIds,
  webSubnets: subnetIds,
  operationsSubnets: subnetIds,
  dataSubnets: subnetIds,
});

const network = z.strictObject({
  cidr: z
    .string()
    .regex(/^(10\.\d{1,3}|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}\/(1[6-9]|2[0-2])$/, {
      error: 'must be a private IPv4 range with a prefix from 16 to 22, such as 10.20.0.0/16',
    })
    .default('10.20.0.0/16')
    .describe('The IPv4 range of the VPC that is made. It cannot be changed later.'),
  natGateways: z
    .enum(['one', 'one-per-zone'])
    .default('one')
    .describe(
      "'one': losing its zone takes the way out from all instances; 'one-per-zone': it does not, for more money.",
    ),
  vpc: z
    .union([z.literal('own'), existingVpc], {
      error:
        "must be 'own' or { id, cidr, ipv6, publicSubnets, webSubnets, operationsSubnets, dataSubnets } of a VPC that is there",
    })
    .default('own')
    .describe(
      "'own', or one that is there: { id: 'vpc-…', cidr: '10.0.0.0/16', ipv6: false, publicSubnets: […],\n" +
        'webSubnets: […], operationsSubnets: […], dataSubnets: […] }, with a subnet for each zone in each list.',
    ),
});

const https = z.string().regex(/^https:\/\/[^\s?#]+$/, { error: 'must be an https address without a query' });

const oidc = z.strictObject({
  issuer: https,
  authorizationEndpoint: https,
  tokenEndpoint: https,
  userInfoEndpoint: https,
  clientId: z.string().min(1).max(256),
  clientSecretName: z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, {
    error: 'must be the name of a secret in Secrets Manager that holds the client secret as plain text',
  }),
});

const devAccess = z.strictObject({
  allow: z
    .array(allowedRange)
    .max(8)
    .optional()
    .meta({
      description: 'Networks from which dev may be opened.',
      examples: [['203.0.113.0/24']],
      ...shownInExample,
    }),
  oidc: z
    .union([z.literal('none'), oidc], {
      error:
        "must be 'none' or { issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, clientId, clientSecretName }",
    })
    .default('none')
    .describe(
      "People who sign in at the balancer: 'none', or { issuer, authorizationEndpoint, tokenEndpoint,\n" +
        'userInfoEndpoint, clientId, clientSecretName } of an OpenID Connect provider.',
    ),
});

const instanceType = z.string().superRefine((value, context) => {
  const problem = instanceTypeProblem(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

const databaseClass = z.string().superRefine((value, context) => {
  const problem = databaseClassProblem(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

const instances = z.strictObject({
  dev: instanceType.default('t4g.medium').describe('The instance type in dev. Graviton unless you choose otherwise.'),
  prod: instanceType.default('t4g.medium').describe('The instance type in prod.'),
  operations: instanceType.default('t4g.small').describe('That of the operations host, which runs promotions.'),
  volumeGb: z.int().min(12).max(1024).default(30).describe("Each instance's disk, in GB: editions and page cache."),
});

const database = z.strictObject({
  primaryClass: databaseClass.default('db.t4g.medium').describe('The master and its standby in another zone.'),
  replicaClass: databaseClass.default('db.t4g.medium').describe('Each of the two replicas that prod reads from.'),
  storageGb: z.int().min(20).max(16_384).default(50).describe('Storage of each server at first, in GB.'),
  maxStorageGb: z.int().min(22).max(65_536).default(500).describe('How far it may grow by itself, in GB.'),
  backupDays: z.int().min(1).max(35).default(14).describe('How many days of backups are kept.'),
});

export const aws = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, { error: 'must be the twelve digits of an account, as text' })
    .optional()
    .meta({
      description: 'The account. Nothing is changed with credentials of another one.',
      examples: ['111122223333'],
      ...shownInExample,
    }),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'must be a region such as eu-central-1' })
    .optional()
    .meta({ description: 'The region.', examples: ['eu-central-1'], ...shownInExample }),
  zones: z
    .array(zoneName)
    .min(2, { error: 'must name at least two availability zones: with one there is nothing to fail over to' })
    .max(3)
    .optional()
    .meta({
      description: "Availability zones, in the order of the site's zones. Without it: the region's of these letters.",
      examples: [['eu-central-1a', 'eu-central-1b']],
    }),
  domains: z
    .strictObject({
      dev: hostName.optional().meta({
        description: "Dev's host name in AWS. Without it: environments.dev.domain.",
        examples: ['dev.example.com'],
        ...shownInExample,
      }),
      prod: hostName.optional().meta({
        description: "Prod's host name in AWS. Without it: environments.prod.domain.",
        examples: ['www.example.com'],
        ...shownInExample,
      }),
    })
    .prefault({})
    .describe('The host names that visitors use, where they differ from those on this machine.'),
  hostedZone: z
    .strictObject({
      name: hostName.optional().meta({
        description: 'The public zone in Route 53 that both host names lie in.',
        examples: ['example.com'],
        ...shownInExample,
      }),
      id: z
        .string()
        .regex(/^Z[A-Z0-9]{5,31}$/, { error: 'must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ' })
        .optional()
        .meta({
          description: 'Its id, if it is there already. Without it a zone is made.',
          examples: ['Z0123456789ABCDEFGHIJ'],
        }),
    })
    .prefault({})
    .describe('Public DNS.'),
  certificateArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]{36}$/, {
      error: 'must be the ARN of a certificate in ACM, in the same region',
    })
    .optional()
    .meta({
      description: 'A certificate for both names, if there is one. Without it: one is requested, validated by DNS.',
      examples: ['arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000'],
    }),
  devAccess: devAccess.prefault({}).describe('Who may open dev, which is never open to the world: one of the two.'),
  network: network.prefault({}).describe('The VPC.'),
  instances: instances.prefault({}).describe('The web instances and the operations host.'),
  database: database.prefault({}).describe('RDS for MySQL 8.4: a Multi-AZ master and two replicas.'),
  sshAllow: z
    .array(allowedRange)
    .max(8)
    .default([])
    .describe('Networks from which SSH reaches the operations host. Without any: Session Manager only.'),
});
