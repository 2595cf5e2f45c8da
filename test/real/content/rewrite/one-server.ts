import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../../../src/output/secret.js';
import type { SqlConnection } from '../../../../src/platform/databases.js';
import { connect } from '../../../../src/sql/connect.js';
import { installServer, startServer } from '../server.js';

const password = new Secret('rewrite');

export interface OneServer {
  readonly folder: string;
  readonly address: string;
  /** As the account that may do everything. */
  sql(statements: string): Promise<string>;
  /** A connection to the schema `site`, or another. */
  connect(database?: string): Promise<SqlConnection>;
  remove(): Promise<void>;
}

/** A MariaDB server on 127.14.SUBNET.1 with an empty schema `site`. */
export async function startOne(subnet: number): Promise<OneServer> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-rewrite-'));
  await chmod(folder, 0o755);
  const address = `127.14.${subnet}.1`;
  const server = await startServer(await installServer(folder, 'data'), address);
  await server.sql(
    `CREATE DATABASE site CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
     CREATE USER site@'%' IDENTIFIED BY '${password.reveal()}'; GRANT ALL ON *.* TO site@'%'`,
  );
  return {
    folder,
    address,
    sql: server.sql,
    connect: (database = 'site') => connect({ host: address, port: 3306, user: 'site', password, database }),
    remove: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
