import { Visitors, type VisitorsReport } from '../../src/drills/visitors.js';
import type { TestPlatform } from './platform.js';

export interface LoadOptions {
  /** Default: the home page. */
  readonly paths?: readonly string[];
  /** Default 100. */
  readonly perSecond?: number;
}

/** Does something while visitors come at a rate to pages of prod. @returns what they met */
export async function underLoad(
  { up, authority }: Pick<TestPlatform, 'up' | 'authority'>,
  work: () => Promise<unknown>,
  { paths = ['/'], perSecond = 100 }: LoadOptions = {},
): Promise<VisitorsReport> {
  const visitors = new Visitors({ url: up.urls.prod, address: '127.0.0.1', authority, paths, perSecond });
  try {
    await work();
    return await visitors.stop();
  } catch (error) {
    await visitors.stop();
    throw error;
  }
}
