import { DescribeImagesCommand, type DescribeImagesCommandOutput } from '@aws-sdk/client-ec2';
import { GetHostedZoneCommand, type GetHostedZoneCommandOutput } from '@aws-sdk/client-route-53';
import { GetServiceQuotaCommand, type GetServiceQuotaCommandOutput } from '@aws-sdk/client-service-quotas';
import {
  GetSMSSandboxAccountStatusCommand,
  type GetSMSSandboxAccountStatusCommandOutput,
  ListSubscriptionsByTopicCommand,
  type ListSubscriptionsByTopicCommandOutput,
} from '@aws-sdk/client-sns';
import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { AwsSite } from '../../site/aws-site.js';
import { call } from '../call.js';
import type { ImageLock } from '../image-lock.js';
import { stackName } from '../naming.js';
import { nameServersOutput } from '../stacks/data/public-zone.js';
import { bootstrapVersion } from './bootstrap.js';
import type { Caller } from './clients.js';
import { checkDelegation, type NameServerLookup } from './delegation.js';
import { checkIdentity } from './identity.js';
import { stackOutputs } from './stack-facts.js';

export interface Finding {
  readonly id: string;
  /** `unknown`: it could not be found out. */
  readonly state: 'good' | 'warning' | 'bad' | 'unknown';
  readonly text: string;
  readonly remedy?: string;
}

export interface DoctorOptions {
  readonly of: AwsSite;
  readonly image: ImageLock | undefined;
  readonly instanceFiles: string;
  readonly clients: Readonly<Record<'sts' | 'ssm' | 'route53' | 'quotas' | 'sns' | 'ec2' | 'cloudFormation', Caller>>;
  readonly lookUp: NameServerLookup;
  readonly signal: AbortSignal;
}

/** Looks at everything that a deployment, or a night with an alarm, depends on. Changes nothing. */
export async function examineAws(options: DoctorOptions): Promise<readonly Finding[]> {
  const identity = await guarded('credentials', () => credentials(options));
  // Without the right account every other answer would be about somebody else.
  if (identity[0]?.state !== 'good') return identity;
  const rest = await Promise.all([
    guarded('bootstrap', () => bootstrapped(options)),
    guarded('image', () => image(options)),
    guarded('hosted-zone', () => hostedZone(options)),
    ...quotas(options).map((quota) => guarded(`quota-${quota.id}`, () => enough(quota, options))),
    guarded('sms', () => textMessages(options)),
    guarded('email', () => emails(options)),
  ]);
  return [...identity, ...rest.flat()];
}

async function guarded(id: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const remedy = error instanceof UnderstudyError ? error.remedy : undefined;
    const refused = error instanceof UnderstudyError && error.kind === 'refused' && error.code !== 'permission-missing';
    return [{ id, state: refused ? 'bad' : 'unknown', text: messageOf(error), ...(remedy ? { remedy } : {}) }];
  }
}

async function credentials({ of, clients, signal }: DoctorOptions): Promise<readonly Finding[]> {
  const arn = await checkIdentity(of, clients.sts, signal);
  return [{ id: 'credentials', state: 'good', text: `${arn} in ${of.region}` }];
}

async function bootstrapped({ of, clients, signal }: DoctorOptions): Promise<readonly Finding[]> {
  const version = await bootstrapVersion(clients.ssm, signal);
  if (version !== undefined) return [{ id: 'bootstrap', state: 'good', text: `version ${version}` }];
  const remedy = 'An administrator runs `understudy aws bootstrap` once.';
  return [{ id: 'bootstrap', state: 'bad', text: `${of.region} is not prepared for deployments`, remedy }];
}

async function image({ of, image: lock, instanceFiles, clients, signal }: DoctorOptions): Promise<readonly Finding[]> {
  const remedy = 'Run `understudy aws image`.';
  if (!lock || lock.placeholder) return [{ id: 'image', state: 'bad', text: 'there is none yet', remedy }];
  const { Images: [found] = [] } = await call<DescribeImagesCommandOutput>(
    clients.ec2,
    'ec2:DescribeImages',
    new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [lock.imageId] }] }),
    signal,
  );
  if (!found) return [{ id: 'image', state: 'bad', text: `${lock.imageId} is not in ${of.region}`, remedy }];
  if (lock.instanceFiles !== instanceFiles) {
    return [
      { id: 'image', state: 'warning', text: `${lock.imageId} has files of another version of understudy`, remedy },
    ];
  }
  return [{ id: 'image', state: 'good', text: `${lock.imageId}, built ${lock.builtAt}` }];
}

async function hostedZone({ of, clients, lookUp, signal }: DoctorOptions): Promise<readonly Finding[]> {
  const { id, name } = of.hostedZone;
  const finding = (state: Finding['state'], text: string, remedy?: string): readonly Finding[] => [
    { id: 'hosted-zone', state, text, ...(remedy ? { remedy } : {}) },
  ];
  if (id === undefined) {
    const outputs = await stackOutputs(clients.cloudFormation, stackName(of.site.name, 'data'), signal);
    if (!outputs) return finding('good', `${name} will be made`);
    await checkDelegation(name, (outputs[nameServersOutput] ?? '').split(' '), lookUp);
    return finding('good', `${name}, found by the world`);
  }
  const { HostedZone } = await call<GetHostedZoneCommandOutput>(
    clients.route53,
    'route53:GetHostedZone',
    new GetHostedZoneCommand({ Id: id }),
    signal,
  );
  const found = HostedZone?.Name?.replace(/\.$/, '');
  if (found !== name) {
    return finding(
      'bad',
      `${id} is the zone ${found}, not ${name}`,
      'Correct aws.hostedZone.id or aws.hostedZone.name.',
    );
  }
  if (HostedZone?.Config?.PrivateZone) return finding('bad', `${id} is a private zone`, 'Name the public one.');
  return finding('good', `${name} (${id})`);
}

interface Quota {
  readonly id: string;
  readonly service: string;
  readonly code: string;
  readonly what: string;
  readonly needed: number;
}

/** Those that a new account runs into. What the account uses already is not known here. */
function quotas({ of }: DoctorOptions): readonly Quota[] {
  const { site, aws, zones } = of;
  const instances = site.environments.dev.capacity.max + site.environments.prod.capacity.max + 1;
  const addresses = aws.network.vpc === 'own' ? (aws.network.natGateways === 'one' ? 1 : zones.length) : 0;
  return [
    { id: 'addresses', service: 'ec2', code: 'L-0263D0A3', what: 'Elastic IP addresses', needed: addresses },
    {
      id: 'vcpus',
      service: 'ec2',
      code: 'L-1216C47A',
      what: 'processors of standard instances',
      needed: instances * 2,
    },
    { id: 'databases', service: 'rds', code: 'L-7B6409FD', what: 'database instances', needed: 3 },
    // 100 cannot be reserved; one is, for the function that keeps gates closed (stacks/operations/functions.ts).
    { id: 'executions', service: 'lambda', code: 'L-B99A9384', what: 'executions of functions at a time', needed: 101 },
    { id: 'vpcs', service: 'vpc', code: 'L-F678F1CE', what: 'VPCs', needed: aws.network.vpc === 'own' ? 1 : 0 },
  ];
}

async function enough(quota: Quota, { clients, signal }: DoctorOptions): Promise<readonly Finding[]> {
  const { id, service, code, what, needed } = quota;
  const { Quota: found } = await call<GetServiceQuotaCommandOutput>(
    clients.quotas,
    'servicequotas:GetServiceQuota',
    new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code }),
    signal,
  );
  const value = found?.Value ?? 0;
  const text = `${what}: ${value} allowed, ${needed} needed at most by this site`;
  if (value >= needed) return [{ id: `quota-${id}`, state: 'good', text }];
  return [{ id: `quota-${id}`, state: 'bad', text, remedy: `Ask for more under Service Quotas (${code}).` }];
}

async function textMessages({ of, clients, signal }: DoctorOptions): Promise<readonly Finding[]> {
  if (of.site.notify.sms.length === 0) return [];
  const { IsInSandbox } = await call<GetSMSSandboxAccountStatusCommandOutput>(
    clients.sns,
    'sns:GetSMSSandboxAccountStatus',
    new GetSMSSandboxAccountStatusCommand({}),
    signal,
  );
  if (!IsInSandbox) return [{ id: 'sms', state: 'good', text: 'text messages go to any number' }];
  return [
    {
      id: 'sms',
      state: 'bad',
      text: 'the account is in the SMS sandbox: text messages go to verified numbers only',
      remedy: 'Verify the numbers, or ask to leave the sandbox, in the console of SNS under Text messaging.',
    },
  ];
}

async function emails({ of, clients, signal }: DoctorOptions): Promise<readonly Finding[]> {
  if (of.site.notify.email.length === 0) {
    return [
      { id: 'email', state: 'warning', text: 'nobody is told of alarms', remedy: 'Name somebody in notify.email.' },
    ];
  }
  const topic = (await stackOutputs(clients.cloudFormation, stackName(of.site.name, 'operations'), signal))?.TopicArn;
  if (!topic) return [];
  const pending: string[] = [];
  let next: string | undefined;
  do {
    const page: ListSubscriptionsByTopicCommandOutput = await call(
      clients.sns,
      'sns:ListSubscriptionsByTopic',
      new ListSubscriptionsByTopicCommand({ TopicArn: topic, NextToken: next }),
      signal,
    );
    for (const { SubscriptionArn, Endpoint } of page.Subscriptions ?? []) {
      if (SubscriptionArn === 'PendingConfirmation') pending.push(Endpoint ?? '');
    }
    next = page.NextToken;
  } while (next);
  if (pending.length === 0) return [{ id: 'email', state: 'good', text: 'every address is confirmed' }];
  return [
    {
      id: 'email',
      state: 'bad',
      text: `not confirmed: ${pending.join(', ')}`,
      remedy: 'Follow the link in the message from AWS; until then no alarm arrives there.',
    },
  ];
}
