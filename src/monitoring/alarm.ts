import type { AlarmSettings } from '../site/alarm-settings.js';
import type { Signal } from './signal.js';

/** `critical`: visitors are affected, or are about to be; `warning`: something that stands in for it has taken over. */
export type Severity = 'critical' | 'warning';

/**
 * What it means that no value comes. `breaching`: as if it were over the threshold; `fine`: as if it were not;
 * `unchanged`: the alarm stays as it is.
 */
export type MissingData = 'breaching' | 'fine' | 'unchanged';

/** Thresholds that the site's definition sets, by name. */
export type ThresholdSetting = Exclude<keyof AlarmSettings, 'silenceDuring'>;

/** A judgement about a signal, the same for every target. */
export interface AlarmDefinition {
  /** What has happened, in a sentence without its stop; `{what}` names the thing concerned. */
  readonly title: string;
  readonly severity: Severity;
  /** Whether visitors of prod are affected while it is raised: such alarms make up the composite one. */
  readonly visitorsAffected: boolean;
  readonly signal: Signal;
  readonly raisedWhen: 'above' | 'below';
  /** In the signal's unit. */
  readonly threshold: number | { readonly setting: ThresholdSetting };
  /** How long it must hold. On CloudWatch, whose metrics have a grain of a minute, a minute at least. */
  readonly forSeconds: number;
  readonly missingData: MissingData;
  /** What the thing concerned is called where no label names it: "prod", "the balancer". */
  readonly where: string;
  /** One sentence on what visitors see. */
  readonly visitorsSee: string;
  /** What to do first. */
  readonly toDo: string;
  /** The anchor of the section in docs/what-if.md. */
  readonly runbook: string;
}
