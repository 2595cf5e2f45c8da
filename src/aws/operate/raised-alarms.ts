import { DescribeAlarmsCommand, type DescribeAlarmsCommandOutput, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { about, alarmDefinitions } from '../../monitoring/alarms.js';
import type { RaisedAlarm } from '../../platform/alarms.js';
import { type AlarmId, alarmIds } from '../../site/alarm-settings.js';
import { call } from '../call.js';
import type { Caller } from '../deployment/clients.js';
import { alarmName } from '../naming.js';

/** What CloudWatch has raised of the site's alarms, the oldest first. @returns undefined if the site has none there */
export async function raisedAlarms(cloudWatch: Caller, siteName: string): Promise<readonly RaisedAlarm[] | undefined> {
  const prefix = alarmName(siteName, '');
  const found: MetricAlarm[] = [];
  let NextToken: string | undefined;
  do {
    const page: DescribeAlarmsCommandOutput = await call(
      cloudWatch,
      'cloudwatch:DescribeAlarms',
      new DescribeAlarmsCommand({ AlarmNamePrefix: prefix, AlarmTypes: ['MetricAlarm'], MaxRecords: 100, NextToken }),
    );
    found.push(...(page.MetricAlarms ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  if (found.length === 0) return undefined;
  return found
    .filter(({ StateValue }) => StateValue === 'ALARM')
    .flatMap((alarm) => raised(alarm, prefix))
    .sort((a, b) => (a.since < b.since ? -1 : 1));
}

/** Our names are made of the alarm's id and what it is about: `gate-leak-replica-1`. */
function raised(
  { AlarmName = '', StateTransitionedTimestamp: at, ActionsEnabled }: MetricAlarm,
  prefix: string,
): RaisedAlarm[] {
  const name = AlarmName.slice(prefix.length);
  const [id] = alarmIds
    .filter((one) => name === one || name.startsWith(`${one}-`))
    .sort((a, b) => b.length - a.length) as AlarmId[];
  if (id === undefined) return [];
  const { title, severity, where } = alarmDefinitions[id];
  const what = name.slice(id.length + 1) || where;
  const state = ActionsEnabled === false ? 'silenced' : 'firing';
  return [{ id, state, since: (at ?? new Date(0)).toISOString(), severity, what, title: about(title, what) }];
}
