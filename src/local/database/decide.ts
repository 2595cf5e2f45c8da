import type { ServerId } from '../../platform/edition.js';
import { transactionsBetween } from '../../replication/position.js';
import type { Observation } from './observe.js';
import type { Roles } from './roles-record.js';

/** The next thing to do to bring the cluster to what is recorded. Each may be repeated; after each one looks anew. */
export type Action =
  | { readonly do: 'make-read-only'; readonly server: ServerId }
  | { readonly do: 'continue-move' }
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
}

/** How long a standby that runs may take to connect again after its primary was restarted; it tries every second. */
const reconnectMs = 2_500;
/** A standby that lacks more lets the primary's commits wait too long when it begins to acknowledge. */
const nearTransactions = 100;

/** Decides from what is recorded and what is seen alone, so that it does not matter what happened before. */
export function decide(situation: Situation): Action {
  return (
    keepOneWritable(situation) ??
    continueMove(situation) ??
    withdrawStandby(situation) ??
    openPrimary(situation) ??
    bringStandbyBack(situation)
  );
}

/** First of all: nobody but the recorded primary may be writable, and nobody at all during a move. */
function keepOneWritable({ roles, primary, standby }: Situation): Action | undefined {
  if (standby.answer?.readOnly === false) return { do: 'make-read-only', server: standby.id };
  if (roles.moving && primary.id === roles.moving.from && primary.answer?.readOnly === false) {
    return { do: 'make-read-only', server: primary.id };
  }
  return undefined;
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
  return primary.answer?.waitsForStandby && !isNearlyBack(situation) ? { do: 'stop-waiting' } : undefined;
}

/** Why a standby that is recorded as eligible is not any more; undefined if it still is. */
export function whyLost({ roles, primary, standby, source: expected, disconnectedMs }: Situation): string | undefined {
  if (standby.start === undefined) return 'It does not run.';
  if (standby.start !== roles.standby.start) return 'It was restarted.';
  // While the primary is away nothing is acknowledged: what is on the standby stays all there is.
  if (!primary.answer) return undefined;
  if (!standby.answer) return 'It does not answer.';
  const { source, acknowledges } = standby.answer;
  if (!source || !isSame(source, expected)) return 'The primary is not its source.';
  if (!acknowledges) return 'It does not acknowledge.';
  if (!source.applying) return `It stopped applying. ${source.error?.text ?? ''}`.trim();
  if (source.receiving === 'no') return `It stopped receiving. ${source.error?.text ?? ''}`.trim();
  if (source.receiving === 'connecting' && disconnectedMs > reconnectMs) return 'It lost its connection.';
  // The primary accepted writes without waiting, so the standby may lack some.
  if (!primary.answer.readOnly && !primary.answer.waitsForStandby) return 'The primary did not wait for it.';
  return undefined;
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
  if (standby.start === undefined) return nothing(`The standby ${standby.id} does not run.`);
  if (!standby.answer || !primary.answer) return nothing(`The standby ${standby.id} does not answer.`);
  const { source } = standby.answer;
  if (!source || !isSame(source, situation.source)) {
    // What it wrote while it was primary is in its binary log, and not in what it applied from others.
    return { do: 'attach-standby', demote: transactionsBetween(standby.answer.applied, standby.answer.written) > 0 };
  }
  const hasFailed = source.error && !(source.receiving === 'connecting' && source.error.during === 'receiving');
  if (hasFailed) return nothing(`The standby ${standby.id} cannot replicate: ${source.error.text}`);
  if (!source.applying || source.receiving === 'no' || !standby.answer.acknowledges) return { do: 'start-standby' };
  if (roles.standby.eligible) return nothing();
  return isNearlyBack(situation)
    ? { do: 'admit-standby' }
    : nothing(`The standby ${standby.id} is catching up from ${standby.answer.applied || 'the beginning'}.`);
}

/** Whether it replicates and lacks so little that waiting for it would hold up nobody for long. */
function isNearlyBack(situation: Situation): boolean {
  const { primary, standby } = situation;
  if (!primary.answer || !standby.answer || !isReplicating(situation)) return false;
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
