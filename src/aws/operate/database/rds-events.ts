import { DescribeEventsCommand, type DescribeEventsCommandOutput } from '@aws-sdk/client-rds';
import type { EventKind, EventLog, PlatformEvent } from '../../../platform/events.js';
import { call } from '../../call.js';
import type { Caller } from '../../deployment/clients.js';
import { rdsServers } from './servers.js';

/** RDS keeps its events for so long. */
const keptMinutes = 14 * 24 * 60;

/** Its events have no number here, only words. Others are not about what platforms do by themselves. */
const kinds: readonly (readonly [words: RegExp, kind: EventKind])[] = [
  [/failover.*\bstarted\b|\bstarted\b.*failover/i, 'failover-begun'],
  [/failover.*\bcompleted\b|\bcompleted\b.*failover/i, 'failover-done'],
  [/\brestarted\b/i, 'primary-restarted'],
];

/** What happened to dev's master by itself, as RDS tells it, for the last 14 days. */
export const rdsEvents = (rds: Caller, siteName: string): EventLog => ({
  async read(since) {
    const [primary] = await rdsServers(rds, siteName);
    if (!primary) return [];
    const events: PlatformEvent[] = [];
    let Marker: string | undefined;
    do {
      const page: DescribeEventsCommandOutput = await call(
        rds,
        'rds:DescribeEvents',
        new DescribeEventsCommand({
          SourceType: 'db-instance',
          SourceIdentifier: primary.instance,
          Duration: keptMinutes,
          Marker,
        }),
      );
      for (const { Date: at, Message = '' } of page.Events ?? []) {
        const kind = kinds.find(([words]) => words.test(Message))?.[1];
        if (kind && at) events.push({ at: at.toISOString(), kind, subject: primary.id, detail: Message });
      }
      Marker = page.Marker;
    } while (Marker);
    return events.filter(({ at }) => since === undefined || at >= since).sort((a, b) => (a.at < b.at ? -1 : 1));
  },
});
