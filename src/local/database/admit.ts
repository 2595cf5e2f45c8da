import { UnderstudyError } from '../../output/errors.js';
import type { SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { ReplicationDialect } from '../../replication/dialect.js';
import { isReplicating, type Situation } from './decide.js';
import type { Observation } from './observe.js';
import { readSemiSync, setWaiting } from './semi-sync.js';

/** How long the standby may take, while commits wait for it already, to apply what was written before. */
const admissionMs = 500;
const answerMs = 2_000;

export interface AdmitOptions {
  readonly primary: SqlConnection;
  readonly standby: SqlConnection;
  readonly dialect: ReplicationDialect;
  /** Looks at the standby once more. */
  readonly look: () => Promise<Observation>;
  /** Records it as eligible, for one start of it. */
  readonly record: (start: string) => Promise<unknown>;
}

/**
 * Makes a standby eligible. From the moment in which commits wait, all that is acknowledged is on the standby; what
 * came before is waited for. Only then is it recorded: recorded first, a failover in between would lose what the
 * primary had acknowledged alone.
 * @throws code `standby-not-ready`; commits wait for nobody then
 */
export async function admitStandby(situation: Situation, options: AdmitOptions): Promise<void> {
  const { primary, standby, dialect, look, record } = options;
  const { id } = situation.standby;
  if (situation.primary.answer?.acknowledgers === 0) throw notReady(id, 'it does not acknowledge yet');
  await setWaiting(primary, true);
  const { waits } = await readSemiSync(primary, answerMs);
  const before = await dialect.written(primary);
  const isApplied = await dialect.waitUntilApplied(standby, before, admissionMs);
  const seen = await look();
  const isSame = seen.start !== undefined && seen.start === situation.standby.start;
  if (waits && isApplied && isSame && isReplicating({ ...situation, standby: seen })) {
    await record(seen.start);
    return;
  }
  await setWaiting(primary, false);
  throw notReady(id, `it has not applied ${before || 'anything'} within ${admissionMs} ms, or was restarted`);
}

function notReady(standby: ServerId, why: string): UnderstudyError {
  return new UnderstudyError({
    code: 'standby-not-ready',
    message: `The standby ${standby} is not in sync yet: ${why}.`,
  });
}
