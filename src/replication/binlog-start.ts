import type { SqlConnection } from '../platform/databases.js';
import { type Position, sequenceOf, toPosition } from '../platform/position.js';

/**
 * The position that a binary log of MariaDB begins after. Each begins with a list of the last transaction of every
 * server before it; the latest of them counts.
 */
export async function startOf(server: SqlConnection, log: string): Promise<Position> {
  // The format description and the list are the first two events of every log.
  const events = await server.query<{ Event_type: string; Info: string }>('SHOW BINLOG EVENTS IN ? LIMIT 2', [log]);
  const list = events.find(({ Event_type }) => Event_type === 'Gtid_list');
  if (!list) throw new RangeError(`The binary log ${log} does not begin with a list of positions.`);
  return list.Info.replace(/^\[|\]$/g, '')
    .split(',')
    .filter((gtid) => gtid !== '')
    .map((gtid) => toPosition(gtid.trim()))
    .reduce((latest, gtid) => (sequenceOf(gtid) > sequenceOf(latest) ? gtid : latest), toPosition(''));
}
