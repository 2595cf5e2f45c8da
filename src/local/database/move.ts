import type { SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import { waitUntil } from '../../process/wait.js';
import type { ReplicationDialect } from '../../replication/dialect.js';
import { contains } from '../../replication/position.js';
import type { Answer, Observation, ServerProcesses } from './observe.js';
import type { Roles } from './roles-record.js';
import { setAcknowledging } from './semi-sync.js';
import type { StartRole } from './server.js';

/** The standby as seen now, with a connection to it if it answers. */
export type StandbyLook = Observation & { readonly connection?: SqlConnection };

export interface MoveOptions {
  readonly processes: ServerProcesses;
  readonly dialect: ReplicationDialect;
  readonly standby: () => Promise<StandbyLook>;
  readonly configure: (server: ServerId, role: StartRole) => Promise<void>;
  readonly record: (change: Partial<Omit<Roles, 'generation'>>) => Promise<Roles>;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
}

/** How long a standby may hang in the middle of a move before the old primary is taken back. */
const answerMs = 5_000;
/** How long applying what it has received may take in one round; the next round goes on. */
const applyMs = 30_000;

/**
 * Goes on with a move that is recorded, from wherever it was left: fence, apply everything received, forget the
 * source, record. The standby becomes writable only afterwards, by the same rules as every primary.
 * If the standby has been restarted since, what it acknowledged may be gone from it; if it hangs or cannot apply, it
 * cannot serve. Then the old primary, which has everything, is started again and nothing has changed.
 * @returns why it was given up; undefined if the new primary is recorded
 * @throws code `deadline` if the standby needs more time; the next round goes on
 */
export async function continueMove(
  moving: NonNullable<Roles['moving']>,
  options: MoveOptions,
): Promise<string | undefined> {
  const { processes, dialect, configure, record, now, signal } = options;
  const { from, to, start } = moving;
  await processes.kill(from);
  // From here on nobody writes and nobody acknowledges: what the standby has received is all that was acknowledged.
  const seen = await waitUntil(
    async () => {
      const look = await options.standby();
      return look.start === start ? answered(look) : 'restarted';
    },
    { what: `${to} to answer`, deadlineMs: answerMs, signal },
  ).catch(() => undefined);
  signal?.throwIfAborted();
  if (!seen) return abandon('It did not answer during a failover.');
  if (seen === 'restarted') return abandon('It was restarted during a failover.');
  if (seen.answer.source) {
    // Never START SLAVE here: it would throw away what was received and not yet applied.
    await seen.connection.query('STOP SLAVE IO_THREAD');
    const applied = await applyReceived(options, to);
    if (!applied) return abandon('It could not apply what it had received.');
    await dialect.detach(seen.connection);
  }
  await setAcknowledging(seen.connection, false);
  // Before the record: from then on it may be restarted in its new role. The other one, which nobody restarts before it
  // is told to, gets its configuration then: its disk may be full, and must not keep this from going on.
  await configure(to, 'primary');
  const since = now().toISOString();
  await record({
    primary: to,
    standby: { id: from, eligible: false, start: null, since, reason: 'It was the primary before a failover.' },
  });
  return undefined;

  async function abandon(reason: string): Promise<string> {
    await configure(to, 'standby');
    // Started first: it begins read-only, and if this program ends here, the move is abandoned once more.
    await processes.start(from);
    await record({
      moving: null,
      standby: { id: to, eligible: false, start: null, since: now().toISOString(), reason },
    });
    return reason;
  }
}

interface Answered extends Observation {
  readonly answer: Answer;
  readonly connection: SqlConnection;
}

function answered(seen: StandbyLook): Answered | undefined {
  const { answer, connection } = seen;
  return answer && connection ? { ...seen, answer, connection } : undefined;
}

/** Waits until everything received is applied. @returns false if it stopped applying */
async function applyReceived({ standby, signal }: MoveOptions, to: ServerId): Promise<boolean> {
  const outcome = await waitUntil(
    async () => {
      const source = (await standby()).answer;
      if (!source?.source) return undefined;
      if (contains(source.applied, source.source.received)) return 'applied';
      return source.source.applying ? undefined : 'stopped';
    },
    { what: `${to} to apply what it has received`, deadlineMs: applyMs, everyMs: 10, signal },
  );
  return outcome === 'applied';
}
