import { hasErrno, usageError } from '../../output/errors.js';
import { nearest } from '../../site/nearest.js';
import type { CommandContext, Verb } from '../command.js';

interface Action {
  readonly run: (context: CommandContext, options: AwsOptions) => Promise<number>;
}

export interface AwsOptions {
  readonly out?: string;
  readonly check?: boolean;
  readonly yes?: boolean;
}

/** Each brings its own packages, which only AWS needs, when it is called. */
const actions: Readonly<Record<string, Action>> = {
  synth: { run: async (...given) => (await import('./aws/synth.js')).synth(...given) },
};

export const aws: Verb = {
  name: 'aws',
  summary: 'the same platform in AWS: make it, change it, look at it, remove it',
  examples: [['aws synth --out templates', 'write CloudFormation templates, without any account']],
  declare: (command) =>
    command
      .argument('<action>', Object.keys(actions).join(', '))
      .option('--out <folder>', 'synth: where templates go (default: cdk.out beside the definition)')
      .option('--check', "synth: look at them with AWS's own offline rules too; takes some seconds")
      .option('-y, --yes', 'do not ask'),
  async run(context, options, [name = '']) {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) {
      const similar = nearest(name, Object.keys(actions));
      throw usageError({
        code: 'unknown-action',
        message: `There is no "aws ${name}".`,
        remedy: similar
          ? `Did you mean \`understudy aws ${similar}\`?`
          : `There are ${Object.keys(actions).join(', ')}.`,
      });
    }
    try {
      return await action.run(context, options);
    } catch (error) {
      throw missingPackage(error) ?? error;
    }
  },
};

/** An installation without optional packages has all that a site on one machine needs. */
function missingPackage(error: unknown) {
  const isMissing = hasErrno(error, 'ERR_MODULE_NOT_FOUND') || hasErrno(error, 'MODULE_NOT_FOUND');
  const name = isMissing
    ? /Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w.-]+)/.exec(error.message)?.[1]
    : undefined;
  if (name === undefined) return undefined;
  return usageError({
    code: 'aws-packages-missing',
    message: `The package ${name} is not installed. What only AWS needs is optional, and was left out.`,
    remedy: 'Run `npm ci` (or `npm install`) without --omit=optional where understudy is installed, and try again.',
    cause: error,
  });
}
