import { usageError } from '../../output/errors.js';
import { nearest } from '../../site/nearest.js';
import type { CommandContext, Verb } from '../command.js';
import { missingPackage } from '../missing-package.js';

type Run = (context: CommandContext, options: AwsOptions) => Promise<number>;

export interface AwsOptions {
  readonly out?: string;
  readonly check?: boolean;
  readonly data?: boolean;
  readonly confirm?: string;
  readonly executionPolicy?: readonly string[];
  readonly yes?: boolean;
}

/** Each brings its own packages, which only AWS needs, when it is called. */
const actions: Readonly<Record<string, Run>> = {
  synth: async (...given) => (await import('./aws/synth.js')).synth(...given),
  diff: async (context) => (await import('./aws/diff.js')).diff(context),
  deploy: async (...given) => (await import('./aws/deploy.js')).deploy(...given),
  destroy: async (...given) => (await import('./aws/destroy.js')).destroy(...given),
  bootstrap: async (...given) => (await import('./aws/bootstrap.js')).bootstrap(...given),
  image: async (...given) => (await import('./aws/image.js')).image(...given),
  policy: async (context) => (await import('./aws/policy.js')).policy(context),
  doctor: async (context) => (await import('./aws/doctor.js')).doctor(context),
};

/** Which action each option belongs to; `yes` is for all that ask. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  out: ['synth'],
  check: ['synth'],
  data: ['destroy'],
  confirm: ['destroy'],
  executionPolicy: ['bootstrap'],
  yes: ['deploy', 'destroy', 'bootstrap', 'image'],
};

export const aws: Verb = {
  name: 'aws',
  summary: 'the same platform in AWS: make it, change it, look at it, remove it',
  examples: [
    ['aws synth --out templates', 'write CloudFormation templates, without any account'],
    ['aws policy', 'print what an operator must be allowed'],
    ['aws bootstrap', 'prepare the account and region, once'],
    ['aws image', 'build the image of all hosts'],
    ['aws diff', 'what a deployment would change'],
    ['aws deploy', 'show it, ask, and do it'],
    ['aws doctor', 'what is not right, and what to do about it'],
    ['aws destroy', 'remove what serves; all data stays'],
    ['aws destroy --data --confirm my-site', 'and the databases, leaving a snapshot'],
  ],
  declare: (command) =>
    command
      .argument('<action>', Object.keys(actions).join(', '))
      .option('--out <folder>', 'synth: where templates go (default: cdk.out beside the definition)')
      .option('--check', "synth: look at them with AWS's own offline rules too; takes some seconds")
      .option('--data', 'destroy: the databases and the network too')
      .option('--confirm <site>', "destroy --data: the site's name, so that no other one is meant")
      .option('--execution-policy <arn...>', 'bootstrap: what CloudFormation may do (default: everything)')
      .option('-y, --yes', 'do not ask'),
  async run(context, options, [name = '']) {
    const run = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!run) throw unknownAction(name);
    refuseForeignOptions(name, options);
    try {
      return await run(context, options);
    } catch (error) {
      throw missingPackage(error) ?? error;
    }
  },
};

function unknownAction(name: string) {
  const similar = nearest(name, Object.keys(actions));
  return usageError({
    code: 'unknown-action',
    message: `There is no "aws ${name}".`,
    remedy: similar ? `Did you mean \`understudy aws ${similar}\`?` : `There are ${Object.keys(actions).join(', ')}.`,
  });
}

/** An option that would be passed over in silence is a mistake that nobody notices. */
function refuseForeignOptions(name: string, options: Readonly<Record<string, unknown>>): void {
  for (const [option, owners] of Object.entries(optionsOf)) {
    if (options[option] === undefined || owners.includes(name)) continue;
    const written = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw usageError({
      code: 'option-elsewhere',
      message: `--${written} means nothing to "aws ${name}".`,
      remedy: `It is for ${owners.map((owner) => `\`aws ${owner}\``).join(', ')}.`,
    });
  }
}
