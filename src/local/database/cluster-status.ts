import type { DatabaseState } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { Position } from '../../platform/position.js';
import { type Situation, whyLost } from './decide.js';
import type { Observation } from './observe.js';
import type { StartRole } from './server.js';

export interface ServerStatus {
  readonly id: ServerId;
  readonly role: StartRole;
  /** Whether it answers. */
  readonly up: boolean;
  /** What the primary has written, or another has applied. Undefined while it is not up. */
  readonly position: Position | undefined;
  readonly readOnly: boolean | undefined;
}

export interface ClusterStatus {
  readonly state: DatabaseState;
  readonly generation: number;
  readonly primary: ServerId;
  readonly standby: ServerId;
  readonly servers: readonly ServerStatus[];
  /** What is not as it should be, in words; undefined if all is well. */
  readonly problem: string | undefined;
}

/** What was seen, as everybody else is told. */
export function describe(
  situation: Situation,
  replicas: readonly Observation[],
  problem: string | undefined,
): ClusterStatus {
  const { roles, primary, standby } = situation;
  return {
    state: stateOf(situation),
    generation: roles.generation,
    primary: primary.id,
    standby: standby.id,
    servers: [
      statusOf(primary, 'primary'),
      statusOf(standby, 'standby'),
      ...replicas.map((seen) => statusOf(seen, 'replica')),
    ],
    problem,
  };
}

function stateOf(situation: Situation): DatabaseState {
  const { roles } = situation;
  const { answer } = situation.primary;
  if (roles.moving && roles.primary === roles.moving.from) return 'failing-over';
  if (!answer || answer.readOnly) return roles.moving ? 'failing-over' : 'down';
  return roles.standby.eligible && whyLost(situation) === undefined ? 'redundant' : 'solo';
}

function statusOf({ id, answer }: Observation, role: StartRole): ServerStatus {
  const position = role === 'primary' ? answer?.written : answer?.applied;
  return { id, role, up: answer !== undefined, position, readOnly: answer?.readOnly };
}
