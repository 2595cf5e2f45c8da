import type { PlatformEvent } from '../platform/events.js';
import type { Notice } from '../platform/notifier.js';

/**
 * What people are told of an event of the platform; undefined for those that only its journal needs, or of which an
 * alarm tells.
 */
export function eventNotice({ kind, subject, at, detail, ms }: PlatformEvent): Notice | undefined {
  const took = ms === undefined ? [] : [`Writes in dev were away for about ${(ms / 1000).toFixed(1)} s.`];
  switch (kind) {
    case 'failover-done':
      return {
        title: `Failover: ${subject} is the primary of dev's database`,
        where: "dev's database",
        at,
        visitorsSee: 'Nothing: prod has replicas of its own. No acknowledged write is lost.',
        toDo: 'Find out why the other one was lost: `understudy logs`. It comes back as the standby by itself.',
        details: [detail, ...took],
      };
    case 'failover-abandoned':
      return {
        title: `A failover was given up: ${subject} stays the primary of dev's database`,
        where: "dev's database",
        at,
        visitorsSee: 'Nothing: prod has replicas of its own. Nobody can work in dev until the primary is back.',
        toDo: 'See with `understudy status` that it comes back.',
        details: [detail],
      };
    case 'ahead-of-edition':
      return {
        title: 'No replica stands at the position of prod any more',
        where: 'prod',
        at,
        visitorsSee: 'Pages in the page cache as promoted; content that was not promoted on others.',
        toDo: 'Promote: that brings edition and replicas together again.',
        details: [detail],
      };
    default:
      return undefined;
  }
}
