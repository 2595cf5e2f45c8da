import { refusal } from '../output/errors.js';
import type { PlatformStatus } from '../platform/status.js';
import type { Site } from '../site/schema.js';
import type { Drill } from './drill.js';
import type { Ground } from './stage.js';

export interface Fit {
  readonly fit: readonly Drill[];
  readonly unfit: readonly { readonly name: string; readonly why: string }[];
}

/**
 * Which of these drills can be done on this platform.
 * @param leaveOut those that cannot be done; else they are refused
 * @throws refusal `drill-unfit`
 */
export async function requireFit(
  drills: readonly Drill[],
  ground: Pick<Ground, 'site' | 'platform' | 'faults'>,
  leaveOut: boolean,
): Promise<Fit> {
  const asked = await Promise.all(drills.map(async ({ name, unfit: why }) => ({ name, why: await why?.(ground) })));
  const unfit = asked.flatMap(({ name, why }) => (why === undefined ? [] : [{ name, why }]));
  const [first] = unfit;
  if (first && !leaveOut) {
    throw refusal({ code: 'drill-unfit', message: `The drill ${first.name} cannot be done here: ${first.why}.` });
  }
  return { fit: drills.filter(({ name }) => !unfit.some((one) => one.name === name)), unfit };
}

/**
 * Drills break a platform on purpose, so a real one must have said that it wants them.
 * @throws refusal `drills-not-allowed`
 */
export function requireAllowed(target: PlatformStatus['target'], { drills }: Pick<Site, 'drills'>): void {
  if (target === 'local' || drills.allowed) return;
  throw refusal({
    code: 'drills-not-allowed',
    message: 'Nothing was broken: this site does not run on this machine, and its definition does not allow drills.',
    remedy: 'Set `drills: { allowed: true }` in its definition, and apply it.',
  });
}
