import { describe, expect, it } from 'vitest';
import { flattened, resourcesOf, type StackId, templatesOf } from '../helpers/aws-templates.js';

const templates = templatesOf({ sshAllow: ['203.0.113.0/24'] });

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Record<string, unknown>;
}

interface Granted {
  readonly where: string;
  readonly stack: StackId;
  readonly statement: Statement;
}

const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Every statement that allows something, wherever a template can say one. */
function statements(): readonly Granted[] {
  const holders: readonly (readonly [type: string, documents: (properties: Record<string, never>) => unknown[]])[] = [
    [
      'AWS::IAM::Role',
      ({ Policies }) => asList<{ PolicyDocument: unknown }>(Policies).map((one) => one.PolicyDocument),
    ],
    ['AWS::IAM::Policy', ({ PolicyDocument }) => [PolicyDocument]],
    ['AWS::IAM::ManagedPolicy', ({ PolicyDocument }) => [PolicyDocument]],
    ['AWS::S3::BucketPolicy', ({ PolicyDocument }) => [PolicyDocument]],
    ['AWS::SNS::TopicPolicy', ({ PolicyDocument }) => [PolicyDocument]],
    ['AWS::KMS::Key', ({ KeyPolicy }) => [KeyPolicy]],
    ['AWS::EFS::FileSystem', ({ FileSystemPolicy }) => [FileSystemPolicy]],
    ['AWS::SecretsManager::ResourcePolicy', ({ ResourcePolicy }) => [ResourcePolicy]],
  ];
  return holders.flatMap(([type, documents]) =>
    resourcesOf(templates, type).flatMap(({ stack, id, properties }) =>
      documents(properties).flatMap((document) =>
        asList((document as { Statement: Statement[] }).Statement)
          .filter(({ Effect }) => Effect === 'Allow')
          .map((statement) => ({ where: `${stack}/${id.replace(/[0-9A-F]{8}$/, '')}`, stack, statement })),
      ),
    ),
  );
}

/** Why each statement with a `*` in it has one. Whoever adds one has to say it here. */
const reasons: Readonly<Record<string, string>> = {
  'dev/Role SessionManager *': 'Session Manager: these calls have no resource',
  'prod/Role SessionManager *': 'Session Manager: these calls have no resource',
  'operations/HostRole SessionManager *': 'Session Manager: these calls have no resource',
  'operations/HostRole SeeThePlatform *':
    'lists and descriptions, which AWS does not limit; nothing is changed by them',
  'operations/HostRole TellHowItWent *': 'metrics have no resource; the condition limits the namespace',
  'operations/HostRole KeepReleases data/ReleasesBucket/releases/*': 'all objects below one key',
  'operations/HostRole KeepReleases data/ReleasesBucket/editions/*': 'all objects below one key',
  'operations/HostRole KeepReleases data/ReleasesBucket/orders/*': 'all objects below one key',
  'operations/HostRole KeepReleases data/ReleasesBucket/reports/*': 'all objects below one key',
  'operations/HostRole TellHowPromotionsGo data/ReleasesBucket/operations/*': 'all objects below one key',
  'operations/HostRole TellHowPromotionsGo data/ReleasesBucket/promotions/*': 'all objects below one key',
  'operations/HostRole TellHowPromotionsGo data/ReleasesBucket/jobs/*': 'all objects below one key',
  ...Object.fromEntries(
    ['db', 'pg', 'subgrp', 'og'].map((kind) => [
      `operations/HostRole MakeReplicas arn:aws:rds:eu-central-1:AWS::AccountId:${kind}:*`,
      "the condition limits it to replicas with this site's tags",
    ]),
  ),
  'operations/HostRole RemoveReplicas arn:aws:rds:eu-central-1:AWS::AccountId:db:*':
    "the condition limits it to replicas with this site's tags: never the master",
  'operations/Functionsheartbeatrole BeInTheNetwork *': 'interfaces in the VPC, which Lambda makes with this role',
  'operations/Functionsheartbeatrole FindServers *': 'a list, which AWS does not limit',
  'operations/Functionsheartbeatrole Measure *': 'metrics have no resource; the condition limits the namespace',
  'operations/Functionskeeperrole BeInTheNetwork *': 'interfaces in the VPC, which Lambda makes with this role',
  'operations/Functionskeeperrole FindServers *': 'a list, which AWS does not limit',
  'operations/Functionskeeperrole Measure *': 'metrics have no resource; the condition limits the namespace',
  'operations/Functionskeeperrole SeeFailovers *': 'a list of events, which AWS does not limit',
  'operations/Functionskeeperrole ReadEditionsAndReports data/ReleasesBucket/editions/*': 'all objects below one key',
  'operations/Functionskeeperrole ReadEditionsAndReports data/ReleasesBucket/reports/*': 'all objects below one key',
  'prod/Role ReadReleases data/ReleasesBucket/releases/*': 'all objects below one key',
  'prod/Role ReportWhatIsServed data/ReleasesBucket/reports/prod/*': 'all objects below one key',
  'dev/Role ReportWhatIsServed data/ReleasesBucket/reports/dev/*': 'all objects below one key',
  'data/LogsBucketPolicy BalancerWritesAccessLogs data/LogsBucket/balancer/AWSLogs/AWS::AccountId/*': 'log files',
  'data/LogsBucketPolicy S3WritesAccessLogs data/LogsBucket/releases/*': 'log files',
  'operations/NotificationsKey kms:* *': 'the account itself rules its key; in the policy of a key * means that key',
  'operations/NotificationsKey AlarmsMayEncrypt kms:GenerateDataKey* *':
    'two calls of one kind; in the policy of a key * means that key',
};

/** A name for each wildcard of a statement: who, the statement, and what has the star. */
function wildcards({ where, stack, statement }: Granted): readonly string[] {
  const actions = asList(statement.Action).filter((action) => action.includes('*'));
  const resources = asList(statement.Resource).map((one) =>
    flattened(templates, stack, one).replace(/[0-9A-F]{8}(?=\/|$)/g, ''),
  );
  const starred = resources.filter((one) => one.includes('*'));
  const name = [where, statement.Sid].filter(Boolean).join(' ');
  if (actions.length > 0) return [`${name} ${actions.join(' ')} ${starred.join(' ')}`.trim()];
  return starred.map((one) => `${name} ${one}`);
}

describe('what may be done', () => {
  const granted = statements();

  it('has no wildcard without a reason, and no reason without its wildcard', () => {
    expect(granted.flatMap(wildcards).sort()).toEqual(Object.keys(reasons).sort());
  });

  it('lets nobody do everything with a service', () => {
    const everything = granted.filter(({ statement }) =>
      asList(statement.Action).some((action) => /^(\*|[a-z0-9-]+:\*)$/.test(action)),
    );
    expect(everything.map(({ where }) => where)).toEqual(['operations/NotificationsKey']);
  });

  it('lets nobody in whom it does not name', () => {
    for (const { statement, where } of granted)
      expect(JSON.stringify(statement.Principal ?? {}), where).not.toContain('"*"');
  });

  it("lets prod read no password but its own, and dev's instances none at all", () => {
    const read = (stack: StackId) =>
      granted
        .filter((one) => one.stack === stack && asList(one.statement.Action).includes('secretsmanager:GetSecretValue'))
        .flatMap(({ statement }) =>
          asList(statement.Resource).map((one) => flattened(templates, stack, one).replace(/[0-9A-F]{8}$/, '')),
        );
    expect(read('dev')).toEqual([]);
    expect(read('prod')).toEqual(['data/SecretsDatabaseprod', 'data/SecretsSalts', 'data/SecretsSettingsprod']);
    expect(read('operations')).toHaveLength(11);
  });

  it('lets no host change identities, networks, databases or stacks', () => {
    const actions = granted.flatMap(({ statement }) => asList(statement.Action));
    expect(actions.filter((action) => /^(iam|cloudformation|sts):/.test(action))).toEqual([]);
    // Lambda places a function in a VPC with that function's own role.
    const place = [
      'CreateNetworkInterface',
      'DeleteNetworkInterface',
      'AssignPrivateIpAddresses',
      'UnassignPrivateIpAddresses',
    ];
    // Replicas, by their tags, when one is made anew.
    const rebuild = ['AddTagsToResource', 'CreateDBInstanceReadReplica', 'DeleteDBInstance', 'ModifyDBInstance'];
    expect(actions.filter((action) => /^(ec2|rds):(?!Describe)/.test(action)).sort()).toEqual(
      [...[...place, ...place].map((name) => `ec2:${name}`), ...rebuild.map((name) => `rds:${name}`)].sort(),
    );
  });
});
