import type { Drill } from '../drill.js';

export const needsDatabase: NonNullable<Drill['unfit']> = ({ platform }) =>
  platform.database ? undefined : 'the site has no database';
