import { StackParameters, StackSelectionStrategy, type Toolkit } from '@aws-cdk/toolkit-lib';
import { refusal } from '../../output/errors.js';
import type { AwsSite } from '../../site/aws-site.js';
import { type ImageLock, imageLockName } from '../image-lock.js';
import { type StackPart, stackName } from '../naming.js';
import { nameServersOutput } from '../stacks/data/public-zone.js';
import { settingsVersionParameter } from '../stacks/web/web-stack.js';
import type { DeploymentActivity } from './activity.js';
import type { Caller } from './clients.js';
import { checkDelegation, type NameServerLookup } from './delegation.js';
import { explainFailure } from './explain-failure.js';
import { putSettings } from './settings.js';
import { stackOutputs } from './stack-facts.js';

/** @throws refused, code `image-placeholder` */
export function needRealImage({ placeholder, imageId }: ImageLock): void {
  if (!placeholder) return;
  throw refusal({
    code: 'image-placeholder',
    message: `${imageLockName} names ${imageId}, a placeholder that no account has. Nothing was changed.`,
    remedy: 'Run `understudy aws image`, which builds an image and writes its id there.',
  });
}

export interface DeployOptions {
  readonly of: AwsSite;
  /** Templates, as they were shown and agreed to. */
  readonly directory: string;
  readonly toolkit: Toolkit;
  readonly activity: DeploymentActivity;
  readonly clients: { readonly cloudFormation: Caller; readonly secrets: Caller };
  /** Puts the definition and the program of the operations host where that host finds them. */
  readonly publish: () => Promise<void>;
  readonly lookUp: NameServerLookup;
  /** Looked at between stacks: CloudFormation finishes, or takes back, the one that it has begun. */
  readonly signal: AbortSignal;
}

/**
 * Deploys stack after stack, from what changes least to what changes most. A run that was cut off is repeated: stacks
 * that are as they should be are left alone.
 * @returns the addresses of the environments
 * @throws code `deployment-failed`, naming the resource and the reason; refused: `zone-not-delegated`
 */
export async function deploy({ of, clients, publish, lookUp, signal, ...rest }: DeployOptions): Promise<void> {
  const one = (part: StackPart, settingsVersion?: string) => {
    signal.throwIfAborted();
    return deployStack(part, rest, settingsVersion);
  };
  await one('network');
  await one('data');
  await publish();
  const settings = await putSettings(of, clients.secrets, signal);
  if (of.hostedZone.id === undefined && of.aws.certificateArn === undefined) {
    const outputs = await stackOutputs(clients.cloudFormation, stackName(of.site.name, 'data'), signal);
    await checkDelegation(of.hostedZone.name, (outputs?.[nameServersOutput] ?? '').split(' '), lookUp);
  }
  await one('edge');
  await one('dev', settings.dev);
  await one('prod', settings.prod);
  await one('operations', settings.dev);
}

type StackWork = Pick<DeployOptions, 'directory' | 'toolkit' | 'activity'>;

export async function deployStack(part: StackPart, work: StackWork, settingsVersion?: string): Promise<void> {
  const { directory, toolkit, activity } = work;
  try {
    await toolkit.deploy(await toolkit.fromAssemblyDirectory(directory), {
      stacks: { strategy: StackSelectionStrategy.PATTERN_MUST_MATCH_SINGLE, patterns: [part] },
      deploymentMethod: { method: 'change-set' },
      parameters:
        settingsVersion === undefined
          ? StackParameters.onlyExisting()
          : StackParameters.withExisting({ [settingsVersionParameter]: settingsVersion }),
    });
  } catch (error) {
    throw explainFailure(error, activity.failed);
  }
}
