import { UnderstudyError } from '../../output/errors.js';
import type { Databases } from '../../platform/databases.js';
import { waitUntil } from '../../process/wait.js';
import { type CopyOptions, forgetOldData, layCopy, takeCopy } from './copy-server.js';
import { prepareServer } from './server.js';

export interface RebuildStandbyOptions extends Omit<CopyOptions, 'withBinlogs'> {
  readonly databases: Databases;
}

const startMs = 60_000;

/**
 * Makes the standby a copy of the primary, with the primary's binary logs. It runs afterwards, without a source, and
 * knows where it stands: the copy says what the primary had once applied from others, its binary log what it is.
 * Cut off before that is put right, it cannot replicate, and is rebuilt once more.
 * @throws code `disk-full`, `program-failed` and what else a copy can fail with; `deadline` if the copy does not come
 *   up: its old data lies beside it then until the next attempt
 */
export async function rebuildStandby(options: RebuildStandbyOptions): Promise<void> {
  const { to, from, databases, account, signal } = options;
  if (to.kind !== 'cluster' || from.kind !== 'cluster' || to.id === from.id) {
    throw new UnderstudyError({ code: 'rebuild-failed', message: `${to.id} cannot be a standby of ${from.id}.` });
  }
  const copy = { ...options, withBinlogs: true };
  await takeCopy(await layCopy(copy), copy, () => prepareServer(to, 'standby', account));
  const connection = await waitUntil(() => databases.connect(to.id, 'operator').catch(() => undefined), {
    what: `${to.id} to answer`,
    deadlineMs: startMs,
    signal,
  });
  try {
    await connection.query('SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos');
  } finally {
    await connection.end();
  }
  await forgetOldData(to);
}
