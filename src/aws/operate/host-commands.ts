import { setTimeout as delay } from 'node:timers/promises';
import { DescribeInstancesCommand, type DescribeInstancesCommandOutput } from '@aws-sdk/client-ec2';
import {
  GetCommandInvocationCommand,
  type GetCommandInvocationCommandOutput,
  SendCommandCommand,
  type SendCommandCommandOutput,
} from '@aws-sdk/client-ssm';
import { fromWire, UnderstudyError, type WireError } from '../../output/errors.js';
import { call, causedBy } from '../call.js';
import type { Caller } from '../deployment/clients.js';
import { operateDocumentName, tags } from '../naming.js';

/**
 * What the operations host does on request; instance/aws/operate has the other end. `look`: says what only can be known
 * inside. The others begin something that goes on by itself: a promotion, or a job.
 */
export type HostAction = 'look' | 'run' | 'resume' | 'abort' | 'job';

export interface HostCommandOptions {
  readonly clients: { readonly ssm: Caller; readonly ec2: Caller };
  readonly siteName: string;
  /** Until the answer. Default 60 s. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

const everyMs = 400;
const going = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

/**
 * Asks the operations host through Systems Manager: an action out of a list and an id of ours, nothing else.
 * @returns what it answered: JSON
 * @throws code `host-missing`, `host-silent`, `host-failed`; what the host threw; what `call` throws
 */
export async function askHost(action: HostAction, id: string, options: HostCommandOptions): Promise<unknown> {
  const instance = await operationsHost(options);
  const ended = await command(instance, { Action: [action], Id: [id] }, options);
  const answer = parseLast(ended.StandardOutputContent ?? '');
  if (ended.Status === 'Success') return answer;
  const error = (answer as { error?: WireError } | undefined)?.error;
  throw error ? fromWire(error) : failed(ended, instance);
}

/** The last lines that an instance's services have written. @throws as `askHost` */
export async function lastLogLines(instance: string, lines: number, options: HostCommandOptions): Promise<string> {
  const ended = await command(instance, { Action: ['logs'], Lines: [String(lines)] }, options);
  if (ended.Status === 'Success') return ended.StandardOutputContent ?? '';
  throw failed(ended, instance);
}

/** Sends a command and waits until it has ended, one way or the other. */
async function command(
  instance: string,
  parameters: Record<string, string[]>,
  { clients, siteName, deadlineMs = 60_000, signal }: HostCommandOptions,
): Promise<GetCommandInvocationCommandOutput> {
  const { Command } = await call<SendCommandCommandOutput>(
    clients.ssm,
    'ssm:SendCommand',
    new SendCommandCommand({
      DocumentName: operateDocumentName(siteName),
      InstanceIds: [instance],
      Parameters: parameters,
      // The least that AWS takes: an agent that is away must not do it much later.
      TimeoutSeconds: 30,
    }),
    signal,
  );
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = await invocation(clients.ssm, Command?.CommandId ?? '', instance, signal);
    if (found && !going.has(found.Status ?? 'Pending')) return found;
    if (performance.now() > end) throw silent(instance, deadlineMs);
    await delay(everyMs, undefined, signal ? { signal } : {});
  }
}

/** The instance that is the operations host; the newest, should an old one still be going. */
export async function operationsHost({ clients, siteName, signal }: HostCommandOptions): Promise<string> {
  const { Reservations = [] } = await call<DescribeInstancesCommandOutput>(
    clients.ec2,
    'ec2:DescribeInstances',
    new DescribeInstancesCommand({
      Filters: [
        { Name: `tag:${tags.site}`, Values: [siteName] },
        { Name: `tag:${tags.role}`, Values: ['operations'] },
        { Name: 'instance-state-name', Values: ['running'] },
      ],
    }),
    signal,
  );
  const [newest] = Reservations.flatMap(({ Instances = [] }) => Instances).sort(
    (a, b) => (b.LaunchTime?.getTime() ?? 0) - (a.LaunchTime?.getTime() ?? 0),
  );
  if (newest?.InstanceId) return newest.InstanceId;
  throw new UnderstudyError({
    code: 'host-missing',
    message: `${siteName} has no operations host that runs.`,
    remedy:
      'Its group starts another one by itself, within minutes. If it was never deployed: `understudy aws deploy`.',
  });
}

async function invocation(ssm: Caller, command: string, instance: string, signal: AbortSignal | undefined) {
  try {
    return await call<GetCommandInvocationCommandOutput>(
      ssm,
      'ssm:GetCommandInvocation',
      new GetCommandInvocationCommand({ CommandId: command, InstanceId: instance }),
      signal,
    );
  } catch (error) {
    // For a moment after it was sent.
    if (causedBy(error, 'InvocationDoesNotExist')) return undefined;
    throw error;
  }
}

function failed(
  { Status, StatusDetails, StandardErrorContent = '' }: GetCommandInvocationCommandOutput,
  instance: string,
) {
  return new UnderstudyError({
    code: 'host-failed',
    message: `${instance} did not do it (${StatusDetails ?? Status}): ${StandardErrorContent.trim() || 'it said nothing'}`,
    remedy: `Its log: \`understudy logs ${instance} --target aws\`.`,
  });
}

/** The last line, should a program before ours have said something. */
function parseLast(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}

const silent = (instance: string, deadlineMs: number) =>
  new UnderstudyError({
    code: 'host-silent',
    message: `${instance} did not answer within ${deadlineMs / 1000} s.`,
    remedy: 'Look whether it is online: `aws ssm describe-instance-information`. Run the command again.',
  });
