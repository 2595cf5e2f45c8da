import type { GateStatus, ReplicationGate } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { MeantGates } from '../../platform/meant-gates.js';
import { type GateRecord, mayBeOpen } from '../operate/database/gate-record.js';

export interface SeenReplica {
  readonly id: ServerId;
  /** Undefined when it does not answer. */
  readonly status: GateStatus | undefined;
  /** Whether its gate was not shut although it was meant to be, and was closed now. */
  readonly closed: boolean;
}

export interface EnforceOptions {
  readonly gate: ReplicationGate;
  readonly record: GateRecord;
  readonly replicas: readonly ServerId[];
  readonly now?: () => number;
}

/**
 * Closes every gate that is meant to be closed and is not: RDS may start a stopped replica when it is rebooted.
 * @returns how each replica stands afterwards, and what is meant
 */
export async function enforceGates(
  options: EnforceOptions,
): Promise<{ readonly seen: readonly SeenReplica[]; readonly meant: MeantGates }> {
  const seen = await Promise.all(options.replicas.map((replica) => enforce(replica, options)));
  return { seen, meant: await options.record.read() };
}

async function enforce(id: ServerId, { gate, record, now = Date.now }: EnforceOptions): Promise<SeenReplica> {
  const status = await gate.status(id).catch(() => undefined);
  if (!status) return { id, status, closed: false };
  // Only now: whoever opens a gate writes it down before. Read first, it could be older than what was seen.
  const meant = (await record.read())[id];
  if (status.gate === 'closed') {
    // Nobody has ever moved it: the time begins that it is known to have stood there.
    if (!meant) await record.set(id, { meant: 'closed', since: new Date(now()).toISOString() });
    return { id, status, closed: false };
  }
  if (mayBeOpen(meant, now())) return { id, status, closed: false };
  await gate.close(id);
  return { id, status: await gate.status(id).catch(() => undefined), closed: status.gate !== 'broken' };
}
