import type { Report } from '../output/messages.js';
import type { Platform } from '../platform/platform.js';
import type { Site } from '../site/schema.js';
import type { PromotionRequest } from './request.js';

/** What every step of a promotion is given. */
export interface PromotionContext {
  readonly platform: Platform;
  readonly site: Site;
  readonly request: PromotionRequest;
  readonly report: Report;
  /** Aborted when somebody asks for the promotion to be taken back, or when time is up. */
  readonly signal: AbortSignal;
}
