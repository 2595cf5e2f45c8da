import type { SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { ReplicaState, ReplicationDialect } from '../../replication/dialect.js';
import { Unreachable } from '../../sql/errors.js';
import { readSemiSync } from './semi-sync.js';
import type { Sessions } from './sessions.js';

/** What is asked of the processes of the database servers; whoever supervises them answers. */
export interface ServerProcesses {
  isRunning(server: ServerId): boolean;
  /** Starts it, or does nothing if it runs. From then on it is restarted when it dies. */
  start(server: ServerId): Promise<void>;
  /** The fence: returns when the process is seen dead. It stays dead until `start`. */
  kill(server: ServerId): Promise<void>;
  /** Names the present start of a server for good: another after every restart. Undefined while it does not run. */
  startIdentity(server: ServerId): string | undefined;
}

/** What one look at a server of the cluster found. */
export interface Observation {
  readonly id: ServerId;
  /** Undefined: it does not run. */
  readonly start: string | undefined;
  /** Undefined: it does not run, or does not answer in time. */
  readonly answer: Answer | undefined;
  /** Whether somebody listens at its port: a server does that when it has come up, and also when it hangs after that. */
  readonly isListening: boolean;
  /** Room on the disk of its data; undefined if that cannot be told. */
  readonly freeBytes: number | undefined;
  /** Whether its data directory is gone. A server that runs may go on for a while without. */
  readonly dataLost: boolean;
}

/** A commit that was at work at the moment of the look. */
export interface CommitUnderWay {
  /** Of the connection. */
  readonly id: number;
  /** Since its statement began; whole seconds. */
  readonly seconds: number;
  /** It is done here, and waits for the standby's acknowledgement. */
  readonly waitsForStandby: boolean;
}

export interface Answer extends ReplicaState {
  readonly readOnly: boolean;
  /** Whether its commits wait for an acknowledgement. */
  readonly waitsForStandby: boolean;
  /** How many servers are connected to it that will acknowledge. */
  readonly acknowledgers: number;
  /** Whether it acknowledges what it receives. */
  readonly acknowledges: boolean;
  readonly commits: readonly CommitUnderWay[];
}

/** Where a server keeps its data, asked of the file system. */
export type LookAtData = (server: ServerId) => Promise<Pick<Observation, 'freeBytes' | 'dataLost'>>;

/**
 * Looks at a server. The start is read before and after: an answer counts only if it came from the process that
 * still runs, not from one that has been replaced meanwhile.
 */
export async function observe(
  id: ServerId,
  processes: Pick<ServerProcesses, 'startIdentity'>,
  sessions: Sessions,
  dialect: ReplicationDialect,
  lookAtData: LookAtData,
  deadlineMs: number,
): Promise<Observation> {
  const start = processes.startIdentity(id);
  const data = await lookAtData(id);
  if (start === undefined) return { id, start, answer: undefined, isListening: false, ...data };
  let isListening = true;
  const answer = await sessions
    .of(id, start, deadlineMs)
    .then((connection) => ask(connection, dialect, deadlineMs))
    .catch((error) => {
      isListening = !(error instanceof Unreachable && error.nobodyListens);
      // Whatever went wrong, the next look begins with a new connection.
      return sessions.drop(id);
    });
  const startNow = processes.startIdentity(id);
  if (startNow !== start) return { id, start: startNow, answer: undefined, isListening: false, ...data };
  return { id, start, answer: answer ?? undefined, isListening, ...data };
}

async function ask(connection: SqlConnection, dialect: ReplicationDialect, deadlineMs: number): Promise<Answer> {
  const [row] = await connection.query<{ readOnly: number; acknowledges: number }>(
    'SELECT @@global.read_only AS readOnly, @@global.rpl_semi_sync_slave_enabled AS acknowledges',
    [],
    deadlineMs,
  );
  if (!row) throw new RangeError('The server answered without a row.');
  const state = await dialect.read(connection, deadlineMs);
  const { waits, acknowledgers } = await readSemiSync(connection, deadlineMs);
  return {
    ...state,
    readOnly: row.readOnly !== 0,
    waitsForStandby: waits,
    acknowledgers,
    acknowledges: row.acknowledges !== 0,
    commits: await commitsUnderWay(connection, deadlineMs),
  };
}

const waiting = /semi-sync ACK/i;
const committing = /^(Commit|Writing to binlog|Waiting for prior transaction to (start )?commit)/i;

/** By SHOW PROCESSLIST, because the table of the same name needs a temporary file: the disk may be full. */
async function commitsUnderWay(connection: SqlConnection, deadlineMs: number): Promise<readonly CommitUnderWay[]> {
  const rows = await connection.query<{ Id: number; User: string; State: string | null; Time: number | null }>(
    'SHOW PROCESSLIST',
    [],
    deadlineMs,
  );
  return rows
    .map(({ Id, User, State, Time }) => ({ id: Id, user: User, state: State ?? '', seconds: Time ?? 0 }))
    .filter(({ user, state }) => user !== 'system user' && (waiting.test(state) || committing.test(state)))
    .map(({ id, state, seconds }) => ({ id, seconds, waitsForStandby: waiting.test(state) }));
}
