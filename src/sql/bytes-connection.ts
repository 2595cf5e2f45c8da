import mysql from 'mysql2/promise';
import type { BytesConnection } from '../platform/import-target.js';
import type { SqlAccess } from './connect.js';
import { tooLate, translate } from './errors.js';
import { inTime } from './in-time.js';

const connectMs = 5_000;
const defaultDeadlineMs = 30 * 60_000;

/** @throws code `database-unreachable`, or `sql-failed` if the account is refused */
export async function connectForBytes(access: SqlAccess): Promise<BytesConnection> {
  const server = `${access.host}:${access.port}`;
  const connection = await mysql
    .createConnection({
      host: access.host,
      port: access.port,
      user: access.user,
      password: access.password.reveal(),
      connectTimeout: access.connectTimeout ?? connectMs,
      // The driver takes and gives bytes as they are.
      charset: 'BINARY',
      // Else it would follow SET NAMES, and encode what is encoded already.
      flags: ['-SESSION_TRACK'],
      multipleStatements: false,
    })
    .catch((error) => {
      throw translate(error, server);
    });
  // Without a listener, a server that goes away between two statements would end this process.
  connection.on('error', () => undefined);
  const ask = async (statement: string, deadlineMs = defaultDeadlineMs) => {
    try {
      return await inTime(connection.query(statement), deadlineMs, () => tooLate(server, deadlineMs));
    } catch (error) {
      const translated = translate(error, server);
      if (translated.code !== 'sql-failed') connection.destroy();
      throw translated;
    }
  };
  return {
    run: async (statement, deadlineMs) => {
      const [result] = await ask(statement, deadlineMs);
      return 'warningStatus' in result ? result.warningStatus : 0;
    },
    rows: async <Row extends object>(statement: string) => {
      const [result] = await ask(statement);
      return Array.isArray(result) ? (result as Row[]) : [];
    },
    destroy: () => connection.destroy(),
  };
}
