import type { Report } from '../output/messages.js';

/** For anything that takes long: whom to tell, and how it is stopped. */
export interface WorkOptions {
  readonly report: Report;
  readonly signal: AbortSignal;
}
