import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/output/secret.js';
import type { Databases, SqlConnection } from '../../../src/platform/databases.js';
import { toPosition } from '../../../src/platform/position.js';
import type { ReplicationDialect, SourceState } from '../../../src/replication/dialect.js';
import { replicationGate } from '../../../src/replication/gate.js';

const source = async () => ({ host: '127.10.1.11', port: 3306, user: '', password: new Secret('') });
const from = toPosition('0-1-4');
const to = toPosition('0-1-7');
const waiting: SourceState = {
  host: '127.10.1.11',
  port: 3306,
  receiving: 'yes',
  applying: false,
  until: true,
  received: to,
  error: undefined,
};

/** A server that stops at `to`, and stands at `stopsAt` once replication was stopped altogether. */
function gateOn(stopsAt = to) {
  let at = from;
  let seen: SourceState | undefined;
  const dialect: ReplicationDialect = {
    read: async () => ({ applied: at, written: at, source: seen, errant: undefined }),
    written: async () => to,
    snapshotAt: async () => undefined,
    holds: async () => true,
    waitUntilApplied: async () => true,
    oldestStart: async () => from,
    attach: async () => undefined,
    start: async () => undefined,
    startUntil: async () => {
      seen = waiting;
      at = to;
    },
    detach: async () => {
      if (seen) at = stopsAt;
      seen = undefined;
    },
  };
  const connection: SqlConnection = { query: async () => [], end: async () => undefined };
  const databases: Databases = {
    topology: async () => ({ state: 'solo', primary: 'db-1', standby: undefined, replicas: ['replica-1'] }),
    connect: async () => connection,
  };
  return replicationGate({ databases, dialect, source });
}

describe('an advance', () => {
  test('has succeeded when the replica stands at its position after everything was stopped', async () => {
    const gate = gateOn();
    await gate.advance('replica-1', to);
    expect(await gate.status('replica-1')).toMatchObject({ gate: 'closed', position: to });
  });

  test('has failed when the replica, seen at its position, moved on before it was stopped', async () => {
    const gate = gateOn(toPosition('0-1-8'));
    await expect(gate.advance('replica-1', to)).rejects.toMatchObject({ code: 'gate-broken' });
    expect(await gate.status('replica-1')).toMatchObject({ gate: 'closed' });
  });
});
