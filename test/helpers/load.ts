import { Visitors, type VisitorsReport } from '../../src/drills/visitors.js';
import type { TestPlatform } from './platform.js';

export interface LoadOptions {
  /** Default: the home page. */
  readonly paths?: readonly string[];
  readonly atOnce?: number;
  readonly pauseMs?: number;
}

/** Does something while visitors keep asking for pages of prod. @returns what they met */
export async function underLoad(
  { up, authority }: Pick<TestPlatform, 'up' | 'authority'>,
  work: () => Promise<unknown>,
  { paths = ['/'], atOnce = 4, pauseMs = 20 }: LoadOptions = {},
): Promise<VisitorsReport> {
  const visitors = new Visitors({ url: up.urls.prod, address: '127.0.0.1', authority, paths, atOnce, pauseMs });
  try {
    await work();
    return await visitors.stop();
  } catch (error) {
    await visitors.stop();
    throw error;
  }
}
