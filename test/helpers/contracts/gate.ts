import { beforeEach, describe, expect, test } from 'vitest';
import type { ReplicationGate } from '../../../src/platform/databases.js';
import type { DatedDatabases } from '../../../src/platform/platform.js';
import { type Position, sequenceOf } from '../../../src/platform/position.js';
import { waitUntil } from '../../../src/process/wait.js';
import { capturePosition } from '../../../src/replication/capture.js';

export interface GateUnderTest extends DatedDatabases {
  readonly gate: ReplicationGate;
  /** A row in dev's table `notes` (id, n). */
  write(n: number): Promise<unknown>;
  /** A position that dev has not reached, behind this one. */
  beyond(at: Position): Position;
}

/** What every gate does, whatever the servers are. `replica-1` has no errant transactions and dev is being written to. */
export function gateContract(servers: string, under: () => GateUnderTest): void {
  describe(`the gate of ${servers}`, () => {
    const replica = 'replica-1';
    const status = () => under().gate.status(replica);
    const capture = () => capturePosition(under());
    const closedAt = (position: Position) => ({ gate: 'closed', position, errant: undefined, error: undefined });
    const last = async () => {
      const connection = await under().databases.connect(replica, 'operator');
      try {
        const rows = await connection.query<{ n: number }>('SELECT n FROM notes ORDER BY id DESC LIMIT 1');
        return rows[0]?.n;
      } finally {
        await connection.end();
      }
    };
    const whileWriting = async (work: () => Promise<void>) => {
      const going = new AbortController();
      const writing = (async () => {
        for (let n = 1_000; !going.signal.aborted; n++) await under().write(n);
      })();
      try {
        await work();
      } finally {
        going.abort();
        await writing;
      }
    };

    beforeEach(() => under().gate.close(replica));

    test('an advance stops exactly at its position while dev goes on writing, and closes the gate', async () => {
      await under().write(1);
      const at = await capture();
      await whileWriting(() => under().gate.advance(replica, at));
      expect(await status()).toEqual(closedAt(at));
      expect(await last()).toBe(1);
      expect(sequenceOf(await capture())).toBeGreaterThan(sequenceOf(at));
    });

    test('an advance to where the replica stands changes nothing, and there is no way back', async () => {
      const { position: before } = await status();
      await under().write(2);
      const at = await capture();
      await under().gate.advance(replica, at);
      await under().gate.advance(replica, at);
      await expect(under().gate.advance(replica, before)).rejects.toMatchObject({ code: 'position-passed' });
      expect(await status()).toEqual(closedAt(at));
    });

    test('a position that dev has not reached is refused, and the replica stays where it is', async () => {
      const before = await status();
      await under().write(3);
      const beyond = under().beyond(await capture());
      await expect(under().gate.advance(replica, beyond)).rejects.toMatchObject({ code: 'position-unknown' });
      await expect(under().gate.requireKnown(beyond)).rejects.toMatchObject({ code: 'position-unknown' });
      expect(await status()).toEqual(before);
    });

    test('an open gate follows dev; closing it keeps the position', async () => {
      await under().gate.open(replica);
      await under().gate.open(replica);
      await under().write(4);
      const at = await capture();
      await waitUntil(async () => (await status()).position === at, { what: at, deadlineMs: 15_000 });
      expect((await status()).gate).toBe('open');
      await under().gate.close(replica);
      await under().gate.close(replica);
      await under().write(5);
      expect(await status()).toEqual(closedAt(at));
    });

    test('an advance that is aborted leaves the gate closed, and can be made again', async () => {
      for (let n = 10; n < 15; n++) await under().write(n);
      const at = await capture();
      const abort = new AbortController();
      const onPosition = () => abort.abort(new Error('stopped by hand'));
      const aborted = under().gate.advance(replica, at, { signal: abort.signal, onPosition });
      await expect(aborted).rejects.toThrow('stopped by hand');
      expect((await status()).gate).toBe('closed');
      await under().gate.advance(replica, at);
      expect(await status()).toEqual(closedAt(at));
    });
  });
}
