/** An alarm that is raised now. */
export interface RaisedAlarm {
  /** Which one, as in docs/alarms.md. */
  readonly id: string;
  /** `silenced`: raised, and nobody is told, because the definition says so for what is going on. */
  readonly state: 'firing' | 'silenced';
  /** ISO 8601: since when what it is about has been so. */
  readonly since: string;
  readonly severity: string;
  /** Whom it is about: `replica-1`, `prod`. */
  readonly what: string;
  readonly title: string;
}

/** Whether somebody watches, and what they see. */
export interface Watch {
  /** False: alarms are not known, which is not the same as that there are none. */
  readonly watching: boolean;
  /** Packages that are missing for it, or are missed: without the exporter some alarms cannot be raised. */
  readonly missing: readonly string[];
  readonly alarms: readonly RaisedAlarm[];
}
