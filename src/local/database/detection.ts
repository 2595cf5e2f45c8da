/**
 * When a database server counts as lost, and how patient the control plane is with one that may mend itself. All
 * times in milliseconds. docs/decisions/0013-failover.md says what follows from each, and why.
 */
export const detection = {
  /** The longest that a look at the primary may take: twice this and a round is when a hang is acted upon. */
  primaryAnswerMs: 1_000,
  /** A standby that does not answer for this long holds up the primary's commits. */
  standbyAnswerMs: 500,
  /** A primary that hangs, or whose commits hang, for this long is replaced by an eligible standby. */
  primaryHungMs: 2_000,
  /** The same when nobody can take over: then it is killed and started in place. */
  hungAloneMs: 10_000,
  /** A standby or a replica that hangs for this long is killed and started. */
  hungMs: 5_000,
  /** One at whose port nobody listens since it was started may be recovering from a crash. */
  startingMs: 60_000,
  /** A standby or a replica that does not come up for this long (some seven attempts) needs other data. */
  notComingUpMs: 15_000,
  /** How long a commit may wait for an acknowledgement of a standby that answers. */
  acknowledgementMs: 1_000,
  /** A standby that could not be admitted, or was withdrawn, is admitted again after this; doubled up to the other. */
  admitAgainMs: 1_000,
  admitAtLatestMs: 60_000,
  /** The same for making it a copy of the primary. */
  rebuildAgainMs: 10_000,
  rebuildAtLatestMs: 600_000,
  /** Redundancy that has lasted this long makes earlier failures count no more. */
  calmMs: 30_000,
  /** How long a standby may take to connect again after its primary was restarted; it tries every second. */
  reconnectMs: 2_500,
  /** A disk with less room than this is full: MariaDB gives tables and logs several MiB at once. */
  fullBelowBytes: 8 * 1024 * 1024,
  /** A server with less room than this does not take over from one whose disk is full. */
  roomToTakeOverBytes: 64 * 1024 * 1024,
  /** Between two looks longer than this, nobody was looking: that time counts against no server. */
  longestGapMs: 1_500,
} as const;
