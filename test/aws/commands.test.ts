import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { call } from '../../src/aws/call.js';
import { DeploymentActivity } from '../../src/aws/deployment/activity.js';
import { buildImage } from '../../src/aws/deployment/build-image.js';
import { dangerous, type PlannedChanges } from '../../src/aws/deployment/changes.js';
import type { Caller } from '../../src/aws/deployment/clients.js';
import { checkDelegation } from '../../src/aws/deployment/delegation.js';
import { needRealImage } from '../../src/aws/deployment/deploy.js';
import { destroy, needConfirmation } from '../../src/aws/deployment/destroy.js';
import { examineAws } from '../../src/aws/deployment/doctor.js';
import { explainFailure } from '../../src/aws/deployment/explain-failure.js';
import { checkIdentity } from '../../src/aws/deployment/identity.js';
import { operatorPolicy } from '../../src/aws/deployment/policy.js';
import { putSettings } from '../../src/aws/deployment/settings.js';
import { imageFor } from '../../src/aws/usable-image.js';
import type { Message } from '../../src/output/messages.js';
import { run } from '../../src/process/run.js';
import { exampleSite } from '../helpers/aws-templates.js';

const of = exampleSite();
const here = fileURLToPath(new URL('../..', import.meta.url));

/** Answers by the name of the command; a function may look at what was asked. */
function answering(answers: Readonly<Record<string, unknown>>): Caller & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async send(command: { constructor: { name: string }; input: unknown }) {
      const name = command.constructor.name.replace(/Command$/, '');
      asked.push(name);
      const answer = answers[name];
      if (answer === undefined) throw named('NotAnswered', `nobody answers ${name}`);
      if (answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer(command.input) : answer;
    },
  };
}

function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

describe('whose credentials these are', () => {
  it('must be of the account that the definition names', async () => {
    const other = answering({
      GetCallerIdentity: { Account: '999999999999', Arn: 'arn:aws:iam::999999999999:user/x' },
    });
    await expect(checkIdentity(of, other)).rejects.toMatchObject({
      code: 'wrong-account',
      kind: 'refused',
      message: expect.stringMatching(/999999999999; the definition says 111122223333/),
    });
  });

  it.each([
    ['ExpiredTokenException', 'credentials-expired', /Sign in again/],
    ['CredentialsProviderError', 'credentials-missing', /AWS_PROFILE/],
    ['AccessDenied', 'permission-missing', /aws policy/],
    ['ThrottlingException', 'aws-call-failed', /again/],
  ])('%s is told as %s, with the way out', async (name, code, remedy) => {
    await expect(
      call(answering({ GetImage: named(name) }), 'imagebuilder:GetImage', { constructor: { name: 'GetImageCommand' } }),
    ).rejects.toMatchObject({
      code,
      remedy: expect.stringMatching(remedy),
    });
  });

  it('is asked at AWS_ENDPOINT_URL, and nothing else is asked when it is the wrong account', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        asked.push(/Action=(\w+)/.exec(body)?.[1] ?? request.url ?? '');
        response.setHeader('content-type', 'text/xml');
        response.end(
          '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
            '<Arn>arn:aws:iam::222233334444:user/x</Arn><UserId>x</UserId><Account>222233334444</Account>' +
            '</GetCallerIdentityResult></GetCallerIdentityResponse>',
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.15.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { stdout, exitCode } = await run('node', ['dist/cli/main.js', 'aws', 'diff', '--json'], {
        cwd: here,
        accept: [3],
        env: { AWS_ENDPOINT_URL: `http://127.15.0.1:${port}`, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' },
      });
      expect(exitCode).toBe(3);
      expect(JSON.parse(stdout).error).toMatchObject({ code: 'wrong-account', kind: 'refused' });
      expect(asked).toEqual(['GetCallerIdentity']);
    } finally {
      server.close();
    }
  });
});

describe('a deployment', () => {
  it('is refused with the placeholder of the example', async () => {
    const image = await imageFor(of, `${here}/understudy.config.ts`);
    expect(() => needRealImage(image)).toThrow(/placeholder/);
  });

  it('is refused without an image, and with one of another region or processor', async () => {
    await expect(imageFor(of, '/nowhere/understudy.config.ts')).rejects.toMatchObject({
      code: 'image-missing',
      kind: 'usage',
    });
    const elsewhere = exampleSite({ region: 'eu-west-1' });
    await expect(imageFor(elsewhere, `${here}/understudy.config.ts`)).rejects.toMatchObject({
      code: 'image-elsewhere',
    });
  });

  it('puts settings that have changed, and leaves alone those that have not', async () => {
    const same = JSON.stringify({ constants: {}, options: {} });
    const secrets = answering({
      GetSecretValue: ({ SecretId }: { SecretId: string }) => ({
        SecretString: SecretId.endsWith('dev/settings') ? same : 'something else',
        VersionId: 'before',
      }),
      PutSecretValue: { VersionId: 'after' },
    });
    await expect(putSettings(of, secrets)).resolves.toEqual({ dev: 'before', prod: 'after' });
    expect(secrets.asked.filter((name) => name === 'PutSecretValue')).toHaveLength(1);
  });

  it('stops before the certificate when the world does not find a new zone, naming the name servers', async () => {
    const ours = ['ns-1.awsdns-01.org', 'ns-2.awsdns-02.com'];
    await expect(checkDelegation('example.com', ours, async () => ['NS-1.awsdns-01.org.'])).resolves.toBeUndefined();
    await expect(
      checkDelegation('example.com', ours, async () => {
        throw named('ENOTFOUND');
      }),
    ).rejects.toMatchObject({ code: 'zone-not-delegated', remedy: expect.stringContaining('ns-2.awsdns-02.com') });
    await expect(checkDelegation('example.com', ours, async () => ['ns.old.example'])).rejects.toThrow(
      /served by ns\.old\.example/,
    );
  });

  it('tells each resource, and why the first one failed, not what followed from it', () => {
    const told: Message[] = [];
    const activity = new DeploymentActivity(
      (message) => told.push(message),
      () => 0,
    );
    const happens = (resource: string, status: string, reason = '') =>
      activity.take({
        code: 'CDK_TOOLKIT_I5502',
        level: 'info',
        message: '',
        data: {
          event: {
            StackName: 'understudy-example-data',
            LogicalResourceId: resource,
            ResourceType: 'AWS::RDS::DBInstance',
            ResourceStatus: status,
            ResourceStatusReason: reason,
          },
          progress: { completed: 3, total: 40 },
        },
      });
    activity.take({
      code: 'CDK_TOOLKIT_I5501',
      level: 'info',
      message: '',
      data: { stackName: 'understudy-example-data' },
    });
    happens('Zone', 'CREATE_COMPLETE');
    happens('Primary', 'CREATE_FAILED', 'DB instance quota exceeded: limit is 40');
    happens('Replica', 'CREATE_FAILED', 'Resource creation cancelled');
    activity.take({
      code: 'CDK_TOOLKIT_I5503',
      level: 'info',
      message: '',
      data: { stackName: 'understudy-example-data' },
    });
    expect(told).toContainEqual({
      kind: 'progress',
      task: 'understudy-example-data',
      done: 3,
      total: 40,
      unit: 'resources, Zone',
    });
    expect(told.at(-1)).toMatchObject({ kind: 'end', outcome: 'failed' });
    const error = explainFailure(new Error('stack failed'), activity.failed);
    expect(error.message).toMatch(/Primary .* quota exceeded[\s\S]*put this stack back/);
    expect(error.remedy).toMatch(/aws doctor[\s\S]*goes on from what is there/);
    expect(activity.failed).toHaveLength(1);
  });

  it('points at what would lose its content', () => {
    const resource = (type: string, change: 'removed' | 'replaced' | 'changed') => ({
      stack: 's',
      resource: 'r',
      type,
      change,
    });
    const changes: PlannedChanges = {
      resources: [
        resource('AWS::RDS::DBInstance', 'replaced'),
        resource('AWS::RDS::DBInstance', 'changed'),
        resource('AWS::EC2::LaunchTemplate', 'replaced'),
        resource('AWS::EFS::FileSystem', 'removed'),
      ],
      permissions: [],
      openings: [],
    };
    expect(dangerous(changes).map(({ type }) => type)).toEqual(['AWS::RDS::DBInstance', 'AWS::EFS::FileSystem']);
  });
});

describe('removing', () => {
  /** Writes down what is asked of AWS and of the toolkit, in order. */
  async function remove(data: boolean, present: readonly string[]) {
    const asked: string[] = [];
    const client = answering({
      DescribeStacks: ({ StackName }: { StackName: string }) => {
        if (!present.some((part) => StackName.endsWith(part))) throw named('ValidationError', 'does not exist');
        return { Stacks: [{ Outputs: [] }] };
      },
      ListStackResources: ({ StackName, NextToken }: { StackName: string; NextToken?: string }) => {
        const ResourceType = StackName.endsWith('edge')
          ? 'AWS::ElasticLoadBalancingV2::LoadBalancer'
          : 'AWS::RDS::DBInstance';
        const PhysicalResourceId = NextToken ? 'second' : 'first';
        return {
          StackResourceSummaries: [{ ResourceType, PhysicalResourceId, ResourceStatus: 'CREATE_COMPLETE' }],
          ...(NextToken ? {} : { NextToken: 'more' }),
        };
      },
      ModifyLoadBalancerAttributes: ({ LoadBalancerArn }: { LoadBalancerArn: string }) =>
        asked.push(`unprotect ${LoadBalancerArn}`),
      ModifyDBInstance: ({ DBInstanceIdentifier }: { DBInstanceIdentifier: string }) =>
        asked.push(`unprotect ${DBInstanceIdentifier}`),
      UpdateTerminationProtection: ({ StackName }: { StackName: string }) => asked.push(`unlock ${StackName}`),
    });
    const toolkit = {
      fromAssemblyDirectory: async (directory: string) => directory,
      destroy: async (directory: string, { stacks }: { stacks: { patterns: string[] } }) => {
        asked.push(`remove ${stacks.patterns} by ${directory}`);
      },
    };
    const removed = await destroy({
      of,
      data,
      directories: { site: 'site', image: 'image' },
      toolkit: toolkit as never,
      activity: new DeploymentActivity(() => {}),
      clients: { cloudFormation: client, balancers: client, rds: client },
      signal: new AbortController().signal,
    });
    return { asked, removed };
  }
  const all = ['network', 'image', 'data', 'edge', 'dev', 'prod', 'operations'];

  it('what serves leaves databases and network alone, and ends the protection of the balancer only', async () => {
    const { asked } = await remove(false, all);
    expect(asked).toEqual([
      'remove operations by site',
      'remove prod by site',
      'remove dev by site',
      'unprotect first',
      'unprotect second',
      'remove edge by site',
    ]);
  });

  it('everything ends each protection just before what it protects goes', async () => {
    const { asked, removed } = await remove(true, all);
    expect(asked.slice(6)).toEqual([
      'unprotect first',
      'unprotect second',
      'unlock understudy-example-data',
      'remove data by site',
      'remove image by image',
      'unlock understudy-example-network',
      'remove network by site',
    ]);
    expect(removed).toHaveLength(7);
  });

  it('goes on after a run that was cut off: what is gone is passed over', async () => {
    const { removed } = await remove(true, ['data', 'network']);
    expect(removed).toEqual(['understudy-example-data', 'understudy-example-network']);
  });

  it("databases needs the site's name", () => {
    expect(() => needConfirmation(of, true, undefined)).toThrow(/not confirmed/);
    expect(() => needConfirmation(of, true, 'other')).toThrow(/not confirmed/);
    expect(() => needConfirmation(of, true, 'example')).not.toThrow();
    expect(() => needConfirmation(of, false, undefined)).not.toThrow();
  });

  it('explains deletion protection that is in the way', () => {
    const failed = [
      {
        stack: 's',
        resource: 'Primary',
        type: 'AWS::RDS::DBInstance',
        reason: 'Cannot delete protected DB Instance: deletion protection is enabled',
      },
    ];
    expect(explainFailure(new Error('x'), failed).remedy).toMatch(/understudy aws destroy/);
  });
});

describe('an image', () => {
  const signal = new AbortController().signal;
  const base = {
    of,
    pipelineArn: 'arn',
    instanceFiles: 'abc',
    report: () => {},
    signal,
    everyMs: 1,
    now: () => new Date(0),
  };

  it('is written down when it is available', async () => {
    const states = ['BUILDING', 'TESTING', 'AVAILABLE'];
    const imageBuilder = answering({
      StartImagePipelineExecution: { imageBuildVersionArn: 'arn:build' },
      GetImage: () => ({
        image: { state: { status: states.shift() }, outputResources: { amis: [{ image: 'ami-0abc' }] } },
      }),
    });
    await expect(buildImage({ ...base, imageBuilder })).resolves.toEqual({
      imageId: 'ami-0abc',
      region: 'eu-central-1',
      architecture: 'arm64',
      instanceFiles: 'abc',
      builtAt: '1970-01-01T00:00:00.000Z',
    });
  });

  it('that fails is told with the reason', async () => {
    const imageBuilder = answering({
      StartImagePipelineExecution: { imageBuildVersionArn: 'arn:build' },
      GetImage: { image: { state: { status: 'FAILED', reason: 'dnf: no package php8.9' } } },
    });
    await expect(buildImage({ ...base, imageBuilder })).rejects.toMatchObject({
      code: 'image-failed',
      message: expect.stringContaining('no package php8.9'),
    });
  });
});

describe('what the doctor says', () => {
  const everything = {
    GetCallerIdentity: { Account: '111122223333', Arn: 'arn:aws:iam::111122223333:user/ops' },
    GetParameter: { Parameter: { Value: '27' } },
    DescribeImages: { Images: [{}] },
    GetServiceQuota: ({ QuotaCode }: { QuotaCode: string }) => ({
      Quota: { Value: { 'L-1216C47A': 5, 'L-B99A9384': 10 }[QuotaCode] ?? 100 },
    }),
    DescribeStacks: {
      Stacks: [
        {
          Outputs: [
            { OutputKey: 'TopicArn', OutputValue: 'arn:topic' },
            { OutputKey: 'NameServers', OutputValue: 'ns-1.aws ns-2.aws' },
          ],
        },
      ],
    },
    GetSMSSandboxAccountStatus: { IsInSandbox: true },
    ListSubscriptionsByTopic: ({ NextToken }: { NextToken?: string }) =>
      NextToken
        ? { Subscriptions: [{ SubscriptionArn: 'PendingConfirmation', Endpoint: 'late@example.com' }] }
        : { Subscriptions: [{ SubscriptionArn: 'arn:x', Endpoint: 'ops@example.com' }], NextToken: 'more' },
  };
  const examine = async (answers: object) => {
    const client = answering({ ...everything, ...answers });
    const findings = await examineAws({
      of: exampleSite({}, { notify: { email: ['ops@example.com'], sms: ['+4915112345678'] } }),
      image: { imageId: 'ami-0abc', region: 'eu-central-1', architecture: 'arm64', instanceFiles: 'abc', builtAt: 'x' },
      instanceFiles: 'abc',
      clients: {
        sts: client,
        ssm: client,
        route53: client,
        quotas: client,
        sns: client,
        ec2: client,
        cloudFormation: client,
      },
      lookUp: async () => ['ns-1.aws'],
      signal: new AbortController().signal,
    });
    return Object.fromEntries(findings.map((finding) => [finding.id, finding]));
  };

  it('names what is not right and what to do: quota, sandbox, an address on a later page that is not confirmed', async () => {
    const found = await examine({});
    expect(
      Object.values(found)
        .filter(({ state }) => state === 'good')
        .map(({ id }) => id),
    ).toEqual(['credentials', 'bootstrap', 'image', 'hosted-zone', 'quota-addresses', 'quota-databases', 'quota-vpcs']);
    expect(found['quota-vcpus']).toMatchObject({ state: 'bad', remedy: expect.stringContaining('L-1216C47A') });
    expect(found['quota-executions']).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('10 allowed, 101 needed'),
      remedy: expect.stringContaining('L-B99A9384'),
    });
    expect(found.sms).toMatchObject({ state: 'bad', text: expect.stringContaining('sandbox') });
    expect(found.email).toMatchObject({ state: 'bad', text: 'not confirmed: late@example.com' });
  });

  it('says nothing of an account that is not the right one', async () => {
    const found = await examine({ GetCallerIdentity: { Account: '999999999999' } });
    expect(Object.keys(found)).toEqual(['credentials']);
    expect(found.credentials?.state).toBe('bad');
  });

  it('goes on when one question may not be asked', async () => {
    const found = await examine({ GetServiceQuota: named('AccessDenied') });
    expect(found['quota-databases']).toMatchObject({ state: 'unknown', remedy: expect.stringContaining('aws policy') });
    expect(found.email?.state).toBe('bad');
  });

  it('says that an account is not prepared', async () => {
    const found = await examine({ GetParameter: named('ParameterNotFound') });
    expect(found.bootstrap).toMatchObject({ state: 'bad', remedy: expect.stringContaining('aws bootstrap') });
  });
});

describe("an operator's policy", () => {
  const { Statement } = operatorPolicy(of);

  it('lets nobody do everything with a service, nor give out rights', () => {
    const actions = Statement.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => /^\*|:\*$|^iam:/.test(action))).toEqual([]);
  });

  it('changes something only of this site', () => {
    const reads = /:(Describe|Get|List)/;
    for (const { Sid, Action, Resource, Condition } of Statement) {
      if (Action.every((action) => reads.test(action))) continue;
      const scoped = Resource.every(
        (one) => one.includes('example') || one.includes('cdk-hnb659fds') || /document|session/.test(one),
      );
      expect(scoped || Condition !== undefined, Sid).toBe(true);
    }
  });
});
