import { Secret } from '../../../output/secret.js';
import type { AdvanceOptions, GateStatus, ReplicationGate } from '../../../platform/databases.js';
import type { ServerId } from '../../../platform/edition.js';
import type { MeantGate } from '../../../platform/meant-gates.js';
import { replicationGate } from '../../../replication/gate.js';
import { rdsMysql } from '../../../replication/rds-mysql.js';
import type { AwsDatabases } from './databases.js';
import type { GateRecord } from './gate-record.js';

export interface AwsGateOptions {
  readonly databases: AwsDatabases;
  readonly record: GateRecord;
  readonly now?: () => number;
}

/** Of an advance that is given none. */
const defaultDeadlineMs = 60_000;
/** What closing may take after an advance's deadline: two procedures, which sleep for seconds, and lost connections. */
const closingMs = 120_000;
/** RDS's word for a replica hardly changes; it is there for days before anybody promotes. */
const wordMs = 60_000;

/**
 * The gate of RDS for MySQL. RDS keeps the source configured, so a closed gate is a replica that was stopped, and
 * what it is meant to be is written down before it is moved.
 */
export function awsGate({ databases, record, now = Date.now }: AwsGateOptions): ReplicationGate {
  // RDS has configured the source when it made the replica.
  const source = async () => ({ host: '', port: 0, user: '', password: new Secret('') });
  const gate = replicationGate({ databases, dialect: rdsMysql, source });
  const at = (ms = now()) => new Date(ms).toISOString();

  const status = async (replica: ServerId): Promise<GateStatus> => {
    const [seen, servers] = await Promise.all([gate.status(replica), databases.servers(wordMs)]);
    const word = servers.find(({ id }) => id === replica)?.replication;
    return word === 'terminated' ? { ...seen, gate: 'broken', error: endedByRds } : seen;
  };

  return {
    status,
    requireKnown: (position) => gate.requireKnown(position),
    open: async (replica) => {
      await record.set(replica, { meant: 'open', since: at() });
      await gate.open(replica);
    },
    close: async (replica) => {
      const before = (await record.read())[replica];
      const stood = before?.meant === 'closed' ? await gate.status(replica) : undefined;
      if (before?.meant !== 'closed') await record.set(replica, { meant: 'closed', since: at() });
      await gate.close(replica);
      // It has moved although it was meant not to: RDS counts from now. One that is broken stands where it stood.
      if (stood?.gate === 'open' || stood?.gate === 'advancing')
        await record.set(replica, { meant: 'closed', since: at() });
    },
    advance: async (replica, to, options: AdvanceOptions = {}) => {
      const { deadlineMs = defaultDeadlineMs } = options;
      const before = (await record.read())[replica];
      const { position } = await gate.status(replica);
      await record.set(replica, { meant: 'advancing', since: at(), until: at(now() + deadlineMs + closingMs) });
      try {
        await gate.advance(replica, to, options);
      } finally {
        await record.set(replica, await closedAfter(replica, position, before));
      }
    },
  };

  /** Where it has not moved, the time that it has stood there goes on. */
  async function closedAfter(replica: ServerId, from: string, before: MeantGate | undefined): Promise<MeantGate> {
    const after = await gate.status(replica).catch(() => undefined);
    const hasMoved = after ? after.position !== from : false;
    return { meant: 'closed', since: hasMoved || before?.meant !== 'closed' ? at() : before.since };
  }
}

const endedByRds =
  'RDS has ended its replication, because one of the replicas was stopped for more than 30 days. It still answers, and has to be made anew.';
