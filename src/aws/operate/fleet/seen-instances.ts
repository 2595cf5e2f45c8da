import type { Instance } from '../../../platform/fleet.js';
import type { EnvironmentName } from '../../../site/schema.js';
import { reportKey, reportSchema } from '../../fleet/reports.js';
import type { Bucket } from '../bucket.js';
import { readStored } from '../stored-json.js';
import { type Members, stateOf } from './members.js';

export type SeenInstance = Pick<Instance, 'id' | 'zone' | 'state' | 'edition'>;

/**
 * The instances of an environment, for somebody who only looks: as Auto Scaling and the balancer judge them, and what
 * each says that it serves. One that has not said anything yet is there as well; it is starting.
 * @throws as `call`
 */
export async function seenInstances(
  bucket: Bucket,
  members: Pick<Members, 'of'>,
  environment: EnvironmentName,
  now = Date.now(),
): Promise<readonly SeenInstance[]> {
  const all = await members.of(environment);
  return Promise.all(
    all.map(async (member) => {
      const { id, zone } = member;
      const report = await readStored(bucket, reportKey(environment, id), reportSchema);
      if (!report) return { id, zone, state: 'starting', edition: undefined };
      return { id, zone, state: stateOf(member, report.at, now), edition: report.current || undefined };
    }),
  );
}
