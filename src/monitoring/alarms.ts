import { type AlarmId, type AlarmSettings, alarmIds } from '../site/alarm-settings.js';
import type { AlarmDefinition } from './alarm.js';
import { balancerAlarms } from './definitions/balancer.js';
import { databaseAlarms } from './definitions/databases.js';
import { editionAlarms } from './definitions/editions.js';
import { gateAlarms } from './definitions/gate.js';
import { platformAlarms } from './definitions/platform.js';
import { webAlarms } from './definitions/web.js';

/** Every alarm, defined once for both targets. The compiler sees that none is missing. */
export const alarmDefinitions: Readonly<Record<AlarmId, AlarmDefinition>> = {
  ...webAlarms,
  ...balancerAlarms,
  ...databaseAlarms,
  ...gateAlarms,
  ...editionAlarms,
  ...platformAlarms,
};

/** What is going on while an alarm may be silenced. */
export const works = ['promotion', 'drill'] as const;
export type Work = (typeof works)[number];

/** An alarm as a site has it. */
export interface Alarm extends Omit<AlarmDefinition, 'threshold'> {
  readonly id: AlarmId;
  /** In the signal's unit. */
  readonly threshold: number;
  readonly silenceDuring: readonly Work[];
}

/** Every alarm with the thresholds of a site, in the order in which they are listed everywhere. */
export function alarmsOf(settings: AlarmSettings): readonly Alarm[] {
  return alarmIds.map((id) => {
    const { threshold, ...definition } = alarmDefinitions[id];
    return {
      id,
      ...definition,
      threshold: typeof threshold === 'number' ? threshold : settings[threshold.setting],
      silenceDuring: works.filter((work) => settings.silenceDuring[work].includes(id)),
    };
  });
}

/** A text of a definition with the name of the thing concerned in it. */
export function about(text: string, what: string): string {
  return text.replaceAll('{what}', what);
}
