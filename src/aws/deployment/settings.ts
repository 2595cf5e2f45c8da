import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  PutSecretValueCommand,
  type PutSecretValueCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import type { AwsSite } from '../../site/aws-site.js';
import { environmentNames } from '../../site/schema.js';
import { call } from '../call.js';
import { settingsSecretName } from '../naming.js';
import type { Caller } from './clients.js';

/**
 * Brings the definition's constants and options to Secrets Manager, where hosts read them: they may be keys, so they
 * are in no template. What is there already is not put again.
 * @returns the version of each environment's settings; a new one makes new instances
 */
export async function putSettings(
  of: AwsSite,
  secrets: Caller,
  signal?: AbortSignal,
): Promise<Readonly<Record<'dev' | 'prod', string>>> {
  const versions = await Promise.all(
    environmentNames.map(async (environment) => {
      const { constants, options } = of.site.environments[environment];
      const id = settingsSecretName(of.site.name, environment);
      return [environment, await putIfChanged(secrets, id, JSON.stringify({ constants, options }), signal)] as const;
    }),
  );
  return Object.fromEntries(versions) as Record<'dev' | 'prod', string>;
}

async function putIfChanged(secrets: Caller, id: string, value: string, signal?: AbortSignal): Promise<string> {
  const current = await call<GetSecretValueCommandOutput>(
    secrets,
    'secretsmanager:GetSecretValue',
    new GetSecretValueCommand({ SecretId: id }),
    signal,
  );
  if (current.SecretString === value) return current.VersionId ?? '';
  const put = await call<PutSecretValueCommandOutput>(
    secrets,
    'secretsmanager:PutSecretValue',
    new PutSecretValueCommand({ SecretId: id, SecretString: value }),
    signal,
  );
  return put.VersionId ?? '';
}
