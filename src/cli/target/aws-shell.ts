import { Members } from '../../aws/operate/fleet/members.js';
import { operationsHost } from '../../aws/operate/host-commands.js';
import { refusal } from '../../output/errors.js';
import { runAttached } from '../../process/run-attached.js';
import type { EnvironmentName } from '../../site/schema.js';
import type { CommandContext } from '../command.js';
import type { CommandOutput } from '../host/run-in-dev.js';
import { runJob } from './aws-jobs.js';
import type { AwsAccess } from './aws-site-access.js';

/**
 * One command in dev's document root is run by the operations host, and its exit status passed on. A shell, and
 * anything in prod, goes through Session Manager, for which AWS's own programs are needed.
 * @throws usage `program-missing`; refusal `not-on-aws`
 */
export async function openAwsShell(
  context: CommandContext,
  access: AwsAccess,
  environment: EnvironmentName,
  command: readonly string[],
): Promise<number> {
  if (command.length > 0) {
    if (environment === 'prod') throw onlyInDev();
    const output = (await runJob(access, context, { kind: 'command', command: [...command] })) as CommandOutput;
    if (output.stdout !== '') process.stdout.write(`${output.stdout}\n`);
    if (output.stderr !== '') process.stderr.write(`${output.stderr}\n`);
    return output.exitCode;
  }
  const { of, clients } = access;
  const target =
    environment === 'dev'
      ? await operationsHost({ clients, siteName: of.site.name, signal: context.signal })
      : await firstOf(access, 'prod');
  context.terminal.say(`Session on ${target}; ${environment} lies in ${placeOf[environment]}.`);
  return runAttached('aws', ['ssm', 'start-session', '--region', of.region, '--target', target], { cwd: '/' });
}

const placeOf: Readonly<Record<EnvironmentName, string>> = {
  dev: '/srv/understudy/dev',
  prod: '/var/lib/understudy/instance/current',
};

async function firstOf(access: AwsAccess, environment: EnvironmentName): Promise<string> {
  const { clients, of } = access;
  const [first] = await new Members(of.site.name, clients).of(environment);
  if (first) return first.id;
  throw refusal({
    code: 'no-instance',
    message: `${environment} has no instance that runs.`,
    remedy: 'Run `understudy status --target aws`.',
  });
}

const onlyInDev = () =>
  refusal({
    code: 'not-on-aws',
    message: 'One command can be run in dev only: what prod runs cannot be changed, and lies on its instances.',
    remedy: 'For a look inside, `understudy shell prod --target aws` opens a session.',
  });
