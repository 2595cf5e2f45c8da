import type { ServerId } from '../../platform/edition.js';
import { transactionsBetween } from '../../replication/position.js';
import { detection } from './detection.js';
import type { Times } from './look-history.js';
import type { Observation } from './observe.js';
import type { Roles } from './roles-record.js';

/** The next thing to do to bring the cluster to what is recorded. Each may be repeated; after each one looks anew. */
export type Action =
  | { readonly do: 'make-read-only'; readonly server: ServerId }
  | { readonly do: 'continue-move' }
  | { readonly do: 'fail-over'; readonly reason: string }
  | { readonly do: 'restart-primary'; readonly reason: string }
  | { readonly do: 'restart-standby'; readonly reason: string }
  | { readonly do: 'rebuild-standby'; readonly reason: string }
  | { readonly do: 'restart-old-primary' }
  | { readonly do: 'record-ineligible'; readonly reason: string }
  | { readonly do: 'stop-waiting' }
  | { readonly do: 'start-waiting' }
  | { readonly do: 'fence-writable'; readonly server: ServerId }
  | { readonly do: 'record-writable'; readonly start: string }
  | { readonly do: 'lift-read-only' }
  | { readonly do: 'attach-standby'; readonly demote: boolean }
  | { readonly do: 'start-standby' }
  | { readonly do: 'admit-standby' }
  /** Nothing to do now; `problem` says what is not as it should be and why nothing is done about it. */
  | { readonly do: 'nothing'; readonly problem: string | undefined };

export interface Situation {
  readonly roles: Roles;
  readonly primary: Observation;
  readonly standby: Observation;
  /** Where the standby is to fetch from. */
  readonly source: { readonly host: string; readonly port: number };
  /** For how long both have answered without being connected to each other. */
  readonly disconnectedMs: number;
  readonly primaryTimes: Times;
  readonly standbyTimes: Times;
  /** Whether the standby is being rebuilt at this moment. */
  readonly rebuilding: boolean;
  /** What was tried in vain a moment ago is not tried again at once. */
  readonly due: { readonly rebuild: boolean; readonly admission: boolean };
}

/** A standby that lacks more lets the primary's commits wait too long when it begins to acknowledge. */
const nearTransactions = 100;

/** Decides from what is recorded and what is seen alone, so that it does not matter what happened before. */
export function decide(situation: Situation): Action {
  return (
    keepOneWritable(situation) ??
    continueMove(situation) ??
    withdrawStandby(situation) ??
    replacePrimary(situation) ??
    openPrimary(situation) ??
    bringStandbyBack(situation)
  );
}

/**
 * First of all: nobody but the recorded primary may be writable. During a move the primary is killed, and not asked to
 * refuse writes before: with commits that hang on a full disk it would never answer.
 */
function keepOneWritable({ standby }: Situation): Action | undefined {
  return standby.answer?.readOnly === false ? { do: 'make-read-only', server: standby.id } : undefined;
}

function continueMove({ roles }: Situation): Action | undefined {
  return roles.moving && roles.primary === roles.moving.from ? { do: 'continue-move' } : undefined;
}

/** A standby that may lack an acknowledged write: recorded before the primary stops waiting for it. */
function withdrawStandby(situation: Situation): Action | undefined {
  const { roles, primary } = situation;
  if (roles.standby.eligible) {
    const reason = whyLost(situation);
    return reason === undefined ? undefined : { do: 'record-ineligible', reason };
  }
  // Not recorded as eligible, so the primary need not wait, unless the standby is about to be.
  const isAboutTo = isNearlyBack(situation) && situation.due.admission;
  return primary.answer?.waitsForStandby && !isAboutTo ? { do: 'stop-waiting' } : undefined;
}

/** It answers and seems to replicate, so that nothing but patience keeps it from being admitted again at once. */
export const lateAcknowledgement = 'It does not acknowledge in time.';

/** Why a standby that is recorded as eligible is not any more; undefined if it still is. */
export function whyLost(situation: Situation): string | undefined {
  const { roles, primary, standby, source: expected, disconnectedMs } = situation;
  if (standby.start === undefined) return 'It does not run.';
  if (standby.start !== roles.standby.start) return 'It was restarted.';
  if (standby.dataLost) return 'Its data directory is gone.';
  if (situation.standbyTimes.fullMs >= detection.acknowledgementMs) return 'Its disk is full.';
  // While the primary is away nothing is acknowledged: what is on the standby stays all there is.
  if (!primary.answer) return undefined;
  if (!standby.answer) return 'It does not answer.';
  const { source, acknowledges } = standby.answer;
  if (!source || !isSame(source, expected)) return 'The primary is not its source.';
  if (!acknowledges) return 'It does not acknowledge.';
  if (!source.applying) return `It stopped applying. ${source.error?.text ?? ''}`.trim();
  if (source.receiving === 'no') return `It stopped receiving. ${source.error?.text ?? ''}`.trim();
  if (source.receiving === 'connecting' && disconnectedMs > detection.reconnectMs) return 'It lost its connection.';
  if (situation.primaryTimes.acknowledgementMs > detection.acknowledgementMs) return lateAcknowledgement;
  // The primary accepted writes without waiting, so the standby may lack some.
  if (!primary.answer.readOnly && !primary.answer.waitsForStandby) return 'The primary did not wait for it.';
  return undefined;
}

/** Why the primary cannot do its work; undefined while it does, or may soon. */
export function whyPrimaryLost({ primary, primaryTimes: times }: Situation): string | undefined {
  const { primaryHungMs } = detection;
  const forMs = (ms: number) => `for ${(ms / 1_000).toFixed(1)} s`;
  if (primary.start === undefined) return 'It does not run.';
  if (primary.dataLost) return 'Its data directory is gone.';
  if (!primary.answer) {
    return times.awayMs >= primaryHungMs ? `It has not answered ${forMs(times.awayMs)}.` : undefined;
  }
  if (times.fullMs >= primaryHungMs) return `Its disk has been full ${forMs(times.fullMs)}.`;
  return times.commitMs >= primaryHungMs ? `A commit has hung ${forMs(times.commitMs)}.` : undefined;
}

/** Fails over if everything acknowledged is on a standby that can serve; else a primary that hangs is started anew. */
function replacePrimary(situation: Situation): Action | undefined {
  const { roles, primary, standby, primaryTimes } = situation;
  const reason = whyPrimaryLost(situation);
  if (reason === undefined) return undefined;
  // Whether it is eligible was asked just before.
  if (roles.standby.eligible && !roles.moving && standby.answer && canTakeOver(situation)) {
    return { do: 'fail-over', reason };
  }
  const isHanging = primary.start !== undefined && !primary.answer && !primary.dataLost;
  const wasOpen = roles.writable?.server === primary.id && roles.writable.start === primary.start;
  const patienceMs = wasOpen || primaryTimes.hasComeUp ? detection.hungAloneMs : detection.startingMs;
  return isHanging && primaryTimes.awayMs >= patienceMs ? { do: 'restart-primary', reason } : undefined;
}

/** Two servers on one full disk gain nothing from changing places. */
function canTakeOver({ standby, primaryTimes }: Situation): boolean {
  const isAboutRoom = primaryTimes.fullMs > 0 || primaryTimes.commitMs > 0;
  return !isAboutRoom || (standby.freeBytes ?? Number.POSITIVE_INFINITY) >= detection.roomToTakeOverBytes;
}

/** Lets the primary accept writes: only it, only after it waits if it must, only once no other process could. */
function openPrimary({ roles, primary, standby }: Situation): Action | undefined {
  if (!primary.answer || primary.start === undefined) {
    const problem = primary.start === undefined ? 'does not run' : 'does not answer';
    return { do: 'nothing', problem: `The primary ${primary.id} ${problem}.` };
  }
  if (!primary.answer.readOnly) return undefined;
  if (primary.answer.source) {
    return { do: 'nothing', problem: `${primary.id} is recorded as the primary but has a source of its own.` };
  }
  if (roles.standby.eligible && !primary.answer.waitsForStandby) return { do: 'start-waiting' };
  const { writable } = roles;
  if (writable?.server === primary.id && writable.start === primary.start) return { do: 'lift-read-only' };
  // Every start begins read-only, so only the recorded process could be writable.
  if (writable?.server === standby.id && writable.start === standby.start && !standby.answer) {
    return { do: 'fence-writable', server: standby.id };
  }
  return { do: 'record-writable', start: primary.start };
}

/** The primary is open. What is left is redundancy. */
function bringStandbyBack(situation: Situation): Action {
  const { roles, primary, standby } = situation;
  if (roles.moving) return { do: 'restart-old-primary' };
  const nothing = (problem?: string): Action => ({ do: 'nothing', problem });
  if (situation.rebuilding) return nothing(`The standby ${standby.id} is being rebuilt.`);
  const unfit = primary.dataLost ? undefined : whyUnfit(situation);
  if (unfit !== undefined) {
    if (situation.due.rebuild) return { do: 'rebuild-standby', reason: unfit };
    return nothing(`The standby ${standby.id} has to be rebuilt. ${unfit}`);
  }
  if (standby.start === undefined) return nothing(`The standby ${standby.id} does not run.`);
  if (!standby.answer || !primary.answer) {
    const reason = whyHung(situation.standbyTimes);
    if (reason !== undefined) return { do: 'restart-standby', reason };
    return nothing(`The standby ${standby.id} does not answer.`);
  }
  const { source } = standby.answer;
  if (!source || !isSame(source, situation.source)) {
    // What it wrote while it was primary is in its binary log, and not in what it applied from others.
    return { do: 'attach-standby', demote: transactionsBetween(standby.answer.applied, standby.answer.written) > 0 };
  }
  if (!source.applying || source.receiving === 'no' || !standby.answer.acknowledges) return { do: 'start-standby' };
  if (roles.standby.eligible) return nothing();
  return isNearlyBack(situation) && situation.due.admission
    ? { do: 'admit-standby' }
    : nothing(`The standby ${standby.id} is catching up from ${standby.answer.applied || 'the beginning'}.`);
}

/** Why a standby cannot come back with the data that it has. */
function whyUnfit({ standby, standbyTimes, source: expected }: Situation): string | undefined {
  if (standby.dataLost) return 'Its data directory is gone.';
  if (standby.start === undefined && standbyTimes.awayMs >= detection.notComingUpMs) return 'It does not come up.';
  const source = standby.answer?.source;
  if (!source?.error || !isSame(source, expected)) return undefined;
  // A primary that cannot be reached is worth waiting for.
  if (source.receiving === 'connecting' && source.error.during === 'receiving') return undefined;
  return `It cannot replicate: ${source.error.text}`;
}

/** Why a server that runs and is nobody's only copy is to be started anew. */
export function whyHung({ awayMs, hasComeUp }: Times): string | undefined {
  const patienceMs = hasComeUp ? detection.hungMs : detection.startingMs;
  return awayMs >= patienceMs ? `It has not answered for ${(awayMs / 1_000).toFixed(1)} s.` : undefined;
}

/** Whether it replicates and lacks so little that waiting for it would hold up nobody for long. */
function isNearlyBack(situation: Situation): boolean {
  const { primary, standby, standbyTimes } = situation;
  if (!primary.answer || !standby.answer || !isReplicating(situation) || standbyTimes.fullMs > 0) return false;
  return transactionsBetween(standby.answer.applied, primary.answer.written) <= nearTransactions;
}

/** Whether the standby receives from the right primary, applies and acknowledges. */
export function isReplicating({ standby: { answer }, source: expected }: Situation): boolean {
  return (
    answer?.source !== undefined &&
    answer.acknowledges &&
    isSame(answer.source, expected) &&
    answer.source.receiving === 'yes' &&
    answer.source.applying
  );
}

type Address = Situation['source'];

function isSame(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}
