import { refusal } from '../output/errors.js';
import type { GatedDatabase, Platform } from '../platform/platform.js';
import type { PromotionContext } from './context.js';
import type { PromotionFacts } from './facts.js';
import type { PromotionRequest } from './request.js';
import type { Step } from './step.js';
import { advance } from './steps/advance.js';
import { bake } from './steps/bake.js';
import { canary } from './steps/canary.js';
import { certificate } from './steps/certificate.js';
import { chooseRelease } from './steps/choose-release.js';
import { drain } from './steps/drain.js';
import { finalise } from './steps/finalise.js';
import { follow } from './steps/follow.js';
import { media } from './steps/media.js';
import { numberEdition } from './steps/number-edition.js';
import { plan } from './steps/plan.js';
import { preflight, rollbackPreflight, syncStopPreflight } from './steps/preflight.js';
import { settle } from './steps/settle.js';
import { stage } from './steps/stage.js';
import { switchOver } from './steps/switch.js';
import { warm } from './steps/warm.js';

export type PromotionStep = Step<PromotionContext, PromotionFacts>;

/**
 * What a promotion does, in order. docs/promotion.md says of each step what is known before and after it.
 * A rollback takes the same way with code that was there before, and leaves content where it is. `sync start` is a
 * promotion after which the gates are opened, `sync stop` one of what prod has come to.
 * Nothing in it can write to dev: of dev it is only given a directory to read and a position.
 */
export function promotionSteps(
  { kind }: Pick<PromotionRequest, 'kind'>,
  { database }: Pick<Platform, 'database'>,
  promotionsDir: string,
): readonly PromotionStep[] {
  const toEdition = [canary, warm, switchOver, bake(promotionsDir), finalise(promotionsDir), certificate];
  if (kind === 'rollback') return [rollbackPreflight, chooseRelease, plan(promotionsDir), ...toEdition];
  if (kind === 'sync-stop') {
    const settled = [syncStopPreflight, settle(gated(database)), numberEdition, warm, switchOver];
    return [...settled, finalise(promotionsDir), certificate];
  }
  const preview = [preflight, stage(promotionsDir), plan(promotionsDir)];
  if (kind === 'plan') return preview;
  const promotion = [...preview, media, ...(database ? [drain(database), advance(database)] : []), ...toEdition];
  if (kind !== 'sync-start') return promotion;
  // What a certificate states would be true for a moment only.
  return [...promotion.filter((step) => step !== certificate), follow(gated(database))];
}

/** @throws refusal `no-database` */
function gated(database: GatedDatabase | undefined): GatedDatabase {
  if (database) return database;
  throw refusal({ code: 'no-database', message: 'This site has no database, so there is nothing to follow.' });
}

/** Whether what dev is now, its code or its content, is to reach prod or to be compared with it. */
export const readsDev = (kind: PromotionRequest['kind']) => kind !== 'rollback' && kind !== 'sync-stop';
