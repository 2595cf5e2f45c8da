import type { Edition } from '../../platform/edition.js';
import { statusOf } from '../../replication/gate.js';
import { whyHung } from './decide.js';
import { detection } from './detection.js';
import type { Times } from './look-history.js';
import type { Observation } from './observe.js';

/** What a replica needs; `leak`: it needs it because it was moved by somebody who should not have. */
export type ReplicaNeed =
  | { readonly do: 'nothing' }
  | { readonly do: 'restart'; readonly reason: string }
  | { readonly do: 'close'; readonly reason: string }
  | { readonly do: 'rebuild'; readonly reason: string; readonly leak: boolean }
  /** It is what it should be, and gets no traffic. */
  | { readonly do: 'take-in' };

export interface ReplicaSituation {
  readonly seen: Observation;
  readonly times: Times;
  /** What prod serves; undefined before the first promotion. */
  readonly edition: Edition | undefined;
  /** Whether somebody holds the promotion's lock: then replicas are his, and only what nobody can want is undone. */
  readonly promoting: boolean;
  /** Its share of the traffic. */
  readonly weight: number;
}

const nothing: ReplicaNeed = { do: 'nothing' };

/**
 * A gate is meant to be closed unless the edition says that prod follows dev, which is written before a gate is opened.
 * A promotion moves a replica only to a position at which it stops by itself, so one that follows without end while
 * prod is frozen was opened by hand, whoever is at work.
 */
export function needOf({ seen, times, edition, promoting, weight }: ReplicaSituation): ReplicaNeed {
  const isMember = !edition || edition.replicas.includes(seen.id);
  const mayRebuild = isMember && !promoting;
  const rebuild = (reason: string, leak = false): ReplicaNeed =>
    mayRebuild ? { do: 'rebuild', reason, leak } : nothing;
  if (seen.dataLost) return rebuild('Its data directory is gone.');
  if (seen.start === undefined) {
    return times.awayMs >= detection.notComingUpMs ? rebuild('It does not come up.') : nothing;
  }
  if (!seen.answer) {
    const reason = whyHung(times);
    return reason === undefined ? nothing : { do: 'restart', reason };
  }
  if (edition?.following) return nothing;
  const { gate, position, errant } = statusOf(seen.answer);
  if (gate === 'open') return { do: 'close', reason: `It follows dev from ${position || 'the beginning'}.` };
  if (gate !== 'closed') return mayRebuild ? { do: 'close', reason: `Its gate is ${gate}.` } : nothing;
  if (!edition) return nothing;
  if (errant !== undefined) return rebuild(`It was written to: ${errant}.`, true);
  if (position === edition.position) return mayRebuild && weight === 0 ? { do: 'take-in' } : nothing;
  return rebuild(`It stands at ${position || 'the beginning'}, and prod's edition at ${edition.position}.`, true);
}

/** Whether a replica is what prod's edition says, or, before there is one, at least gated. */
export function isAtEdition({ answer, dataLost }: Observation, edition: Edition | undefined): boolean {
  if (!answer || dataLost || edition?.following) return false;
  const { gate, position, errant } = statusOf(answer);
  return gate === 'closed' && errant === undefined && (!edition || position === edition.position);
}
