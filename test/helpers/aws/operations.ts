import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataOutputs, tags } from '../../../src/aws/naming.js';
import { type RunResult, run } from '../../../src/process/run.js';
import { awsProgram } from './aws-program.js';
import { type ApiCall, type ControlApi, controlApi, xml } from './control-api.js';
import { accountFiles, type Mount, withMounts } from './own-mounts.js';

export interface FakeOperationsOptions {
  readonly address: string;
  readonly site: string;
  readonly releaseBucket: string;
  /** For what the host has to itself; must exist. */
  readonly folder: string;
  /** The content of the image: `imageFiles`. */
  readonly image: string;
  /** The account that credentials are of. Changed by a test that signs in elsewhere. */
  readonly account: string;
  /** Where EC2 and CloudWatch of the fleet are told of. */
  readonly fleet: string;
  /** Lines of its `host.conf` beside those that follow from the above. */
  readonly variables: Readonly<Record<string, string>>;
  /** What its programs find in other places than this machine's, beside accounts, `/run` and the image's own files. */
  readonly mounts: readonly Mount[];
}

export interface Published {
  readonly subject: string;
  readonly message: string;
}

/**
 * The operations host, on this machine, and the calls that lead to it: Systems Manager runs `instance/aws/operate` for
 * real, and units of systemd are processes that go on by themselves. See README.md beside it.
 */
export interface FakeOperations extends ControlApi {
  account: string;
  /** False: the agent of Systems Manager is away, and no command ends. */
  online: boolean;
  readonly published: readonly Published[];
  readonly folder: string;
  /** What Systems Manager has other hosts do, by their id: `operate` with these arguments. */
  readonly others: Map<string, (args: readonly string[]) => Promise<RunResult>>;
  /** As at every boot of the host. */
  start(): Promise<void>;
  /** Of the host's programs; `AWS_ENDPOINT_URL` among it. Set before the first command. */
  environment: Readonly<Record<string, string>>;
  /** Ends the unit that runs, as a crash of its program does. What systemd does after it is done. */
  killUnit(): Promise<void>;
  /** All that units have said. */
  log(): string;
}

interface Invocation {
  readonly status: string;
  readonly out: string;
  readonly error: string;
}

const instanceId = 'i-0000000000000000f';

export async function fakeOperations(options: FakeOperationsOptions): Promise<FakeOperations> {
  const { address, site, releaseBucket, folder, fleet } = options;
  const invocations = new Map<string, Invocation>();
  const published: Published[] = [];
  const state = {
    account: options.account,
    online: true,
    environment: {} as Readonly<Record<string, string>>,
  };
  const mounts = prepareHost(options);
  const others: FakeOperations['others'] = new Map();
  const env = () => ({
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    UNDERSTUDY_HOST_FILE: join(folder, 'host.conf'),
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...state.environment,
  });
  const runHere = (command: readonly string[], accept: readonly number[]) => {
    const [program, args] = withMounts(mounts, command);
    return run(program, args, { env: env(), accept, deadlineMs: 90_000 });
  };
  const operate = (args: readonly string[]) => runHere([`${instanceFolder}/aws/operate`, ...args], [0, 1, 2]);
  const api = await controlApi(address, {
    'sts:GetCallerIdentity': () =>
      answered('GetCallerIdentity', { Arn: `arn:aws:iam::${state.account}:user/olga`, Account: state.account }),
    'cloudformation:DescribeStacks': ({ form }) => {
      if (form.get('StackName') !== `understudy-${site}-data`) {
        return { status: 400, code: 'ValidationError', message: 'Stack does not exist' };
      }
      const outputs = { [dataOutputs.releaseBucket]: releaseBucket, [dataOutputs.logBucket]: 'logs' };
      const member = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
      const StackName = form.get('StackName');
      const made = { StackName, StackStatus: 'CREATE_COMPLETE', CreationTime: '2026-01-01T00:00:00Z' };
      return answered('DescribeStacks', { Stacks: { member: { ...made, Outputs: { member } } } });
    },
    'ec2:DescribeInstances': (call) => {
      if (!call.body.includes(encodeURIComponent(tags.role))) return forward(fleet, call);
      const item = { instanceId, launchTime: '2026-01-01T00:00:00.000Z' };
      const reservationSet = { item: { instancesSet: { item } } };
      return { type: 'application/xml', body: xml('DescribeInstancesResponse', { reservationSet }) };
    },
    'cloudwatch:GetMetricData': (call) => forward(fleet, call, 'GraniteServiceVersion20100801.GetMetricData'),
    'cloudwatch:DescribeAlarms': () =>
      json({
        MetricAlarms: [
          {
            AlarmName: `understudy-${site}-replica-down-replica-2`,
            StateValue: 'OK',
            ActionsEnabled: true,
            StateTransitionedTimestamp: 1_767_225_600,
          },
        ],
      }),
    'sns:Publish': ({ form }) => {
      published.push({ subject: form.get('Subject') ?? '', message: form.get('Message') ?? '' });
      return answered('Publish', { MessageId: '1' });
    },
    'ssm:SendCommand': ({ body }) => {
      const asked = JSON.parse(body) as { Parameters: Record<string, string[]>; InstanceIds: [string] };
      const CommandId = randomUUID();
      if (state.online) {
        const [action = '', id = 'none', lines = '20'] = ['Action', 'Id', 'Lines'].map(
          (name) => asked.Parameters[name]?.[0],
        );
        const host = others.get(asked.InstanceIds[0]) ?? operate;
        void host([action, id, lines]).then(({ stdout, stderr, exitCode }) =>
          invocations.set(CommandId, { status: exitCode === 0 ? 'Success' : 'Failed', out: stdout, error: stderr }),
        );
      }
      return json({ Command: { CommandId } });
    },
    // As for a moment after it was sent, a command that has not ended is not known.
    'ssm:GetCommandInvocation': ({ body }) => {
      const { CommandId } = JSON.parse(body) as { CommandId: string };
      const found = invocations.get(CommandId);
      if (!found) return { status: 400, code: 'InvocationDoesNotExist' };
      const { status, out, error } = found;
      return json({ Status: status, StandardOutputContent: out, StandardErrorContent: error });
    },
  });
  const killUnit = async () => {
    const pid = Number(readFileSync(join(folder, 'unit.pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
  };
  const log = () => {
    const file = join(folder, 'units.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const start = async () => {
    await runHere([`${instanceFolder}/aws/start`, join(folder, 'host.conf')], [0]);
  };
  return Object.assign(state, { published, folder, others, start, killUnit, log }, api);
}

const answered = (call: string, result: object) => ({
  type: 'application/xml' as const,
  body: xml(`${call}Response`, { [`${call}Result`]: result }),
});
const json = (value: object) => ({ type: 'application/x-amz-json-1.0' as const, body: JSON.stringify(value) });

async function forward(url: string, { body }: ApiCall, target?: string) {
  const type = target === undefined ? 'application/xml' : 'application/x-amz-json-1.0';
  const headers = target === undefined ? {} : { 'x-amz-target': target };
  const answer = await fetch(url, { method: 'POST', body, headers });
  return { type: type as 'application/xml', body: await answer.text() };
}

/** Where the image has them. */
const instanceFolder = '/opt/understudy/instance';

function prepareHost({ folder, site, releaseBucket, image, variables, mounts }: FakeOperationsOptions) {
  const made = ['bin', 'run', 'opt/understudy/instance', 'state', 'files/dev', 'files/media', 'files/operations'];
  for (const name of made) mkdirSync(join(folder, name), { recursive: true });
  const lines = {
    ROLE: 'operations',
    SITE: site,
    REGION: 'eu-central-1',
    RELEASE_BUCKET: releaseBucket,
    TOPIC_ARN: `arn:aws:sns:eu-central-1:111122223333:${site}`,
    STATE_DIR: join(folder, 'state'),
    FILES_DIR: join(folder, 'files'),
    NODE: process.execPath,
    PHP: 'php8.2',
    PHP_FPM: 'php-fpm8.2',
    ...variables,
  };
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, 'host.conf'), text.join(''));
  const program = (name: string, body: string) =>
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  program('aws', awsProgram);
  program('systemctl', systemctl(folder));
  program('journalctl', `echo "journal of the operations host: $*"`);
  return [
    [join(folder, 'run'), '/run'],
    [join(folder, 'opt'), '/opt'],
    [image, instanceFolder],
    ...accountFiles(folder),
    ...mounts,
  ] as readonly Mount[];
}

/** The unit's program, and after it ExecStopPost, whatever happened to the first. */
const systemctl = (folder: string) => `
case "$*" in
  'start --no-block understudy-operation@'*) ;;
  'start understudy-cron.timer') exit 0 ;;
  'is-active --quiet understudy-cron.service') exit 3 ;;
  *) exit 1 ;;
esac
name=\${3#understudy-operation@}
setsid sh -c 'echo $$ >"$0/unit.pid"; exec "$1" unit "$2"' '${folder}' '${instanceFolder}/aws/operate' "\${name%.service}" >>'${folder}/units.log' 2>&1 </dev/null &
pid=$!
setsid sh -c 'while kill -0 "$0" 2>/dev/null; do sleep 0.1; done; exec "$1" over "$2"' "$pid" '${instanceFolder}/aws/operate' "\${name%.service}" >>'${folder}/units.log' 2>&1 </dev/null &
`;
