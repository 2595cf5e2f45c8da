import { stat } from 'node:fs/promises';
import { refusal } from '../../output/errors.js';
import type { Site } from '../../site/schema.js';
import type { Verb } from '../command.js';

export const targets = ['local', 'aws'] as const;
/** Which platform a command is about: the one on this machine, or the one in AWS. */
export type Target = (typeof targets)[number];

/**
 * The platform that is meant: as `--target` says, else as the definition does.
 * @throws refusal `not-on-aws` for a verb that has no meaning there
 */
export async function chooseTarget(
  { name, onAws }: Pick<Verb, 'name' | 'onAws'>,
  configFile: string,
  given: Target | undefined,
): Promise<Target> {
  const target = given ?? (await targetInDefinition(configFile));
  if (target === 'local' || onAws === 'same') return target;
  throw refusal({
    code: 'not-on-aws',
    message: `\`understudy ${name}\` is about the platform on this machine${given ? '' : ", and the definition's target is aws"}.`,
    remedy: `${onAws?.instead ?? ''}${given ? '' : ' For the platform on this machine, say --target local.'}`.trim(),
  });
}

/**
 * As the definition was last applied here, unless it is newer: evaluating one takes longer than most commands do. One
 * that cannot be read says nothing; the command that needs it tells why.
 */
async function targetInDefinition(configFile: string): Promise<Target> {
  const { layoutFor, paths } = await import('../../local/layout.js');
  const { readSite } = await import('../../local/site/applied-site.js');
  const layout = layoutFor(configFile);
  const [applied, written, appliedAt] = await Promise.all([
    readSite(layout),
    changedAt(configFile),
    changedAt(paths.site(layout)),
  ]);
  const isNewer = written !== undefined && (appliedAt === undefined || written > appliedAt);
  const site: Pick<Site, 'target'> | undefined = isNewer ? ((await loaded(configFile)) ?? applied) : applied;
  return site?.target ?? 'local';
}

async function loaded(configFile: string): Promise<Site | undefined> {
  const { loadSite } = await import('../../site/load.js');
  return loadSite(configFile).catch(() => undefined);
}

/** ms since 1970. */
async function changedAt(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs;
}
