import { type Alarm, about, alarmsOf } from '../../monitoring/alarms.js';
import { isAbsent } from '../../monitoring/signal.js';
import { conditionOf } from '../../monitoring/words.js';
import type { PlatformStatus } from '../../platform/status.js';
import { alarmSettingsSchema } from '../../site/alarm-settings.js';
import type { Site } from '../../site/schema.js';

export interface AlarmReport {
  readonly id: string;
  /** `quiet`: not raised; `not-here`: this target cannot raise it, `reason` says why. */
  readonly state: 'firing' | 'silenced' | 'quiet' | 'not-here';
  /** ISO 8601; null while it is not raised. */
  readonly since: string | null;
  readonly severity: string;
  /** Whom it is about; null while it is not raised. */
  readonly what: string | null;
  readonly title: string;
  /** In words: "above 5 percent for 30 s". */
  readonly raisedWhen: string;
  readonly visitorsSee: string;
  readonly toDo: string;
  /** The section in docs/what-if.md. */
  readonly runbook: string;
  readonly reason?: string;
}

export interface AlarmsReport {
  readonly watching: boolean;
  readonly missing: readonly string[];
  readonly alarms: readonly AlarmReport[];
}

/** What `alarms` tells. The raised ones come first, each for everything that it is about. */
export function alarmsReport(status: PlatformStatus, site: Site | undefined, all: boolean): AlarmsReport {
  const definitions = alarmsOf(site?.alarms ?? alarmSettingsSchema.parse({}));
  const raised = status.alarms.flatMap(({ id, state, since, what, title }): AlarmReport[] => {
    const alarm = definitions.find((one) => one.id === id);
    return alarm ? [{ ...base(alarm), state, since, what, title }] : [];
  });
  const isRaised = new Set(raised.map(({ id }) => id));
  const quiet = definitions.filter(({ id }) => !isRaised.has(id)).map((alarm) => quietReport(alarm, status.target));
  const { watching, missing } = status.monitoring;
  return { watching, missing, alarms: all ? [...raised, ...quiet] : raised };
}

function base(alarm: Alarm) {
  const { id, severity, visitorsSee, toDo, runbook } = alarm;
  return { id, severity, raisedWhen: conditionOf(alarm), visitorsSee, toDo, runbook };
}

function quietReport(alarm: Alarm, target: PlatformStatus['target']): AlarmReport {
  const source = target === 'aws' ? alarm.signal.cloudwatch : alarm.signal.prometheus;
  const report = { ...base(alarm), since: null, what: null, title: about(alarm.title, '…') };
  return isAbsent(source) ? { ...report, state: 'not-here', reason: source.none } : { ...report, state: 'quiet' };
}
