import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ComparedDatabases,
  type CompareOptions,
  compareDatabases,
} from '../../../src/content/compare-databases.js';
import type { RowChange } from '../../../src/content/rows.js';
import { silent } from '../../../src/output/messages.js';
import { Secret } from '../../../src/output/secret.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { connect } from '../../../src/sql/connect.js';
import { installServer, type Server, startServer } from './server.js';

export const password = new Secret('content');

export interface Comparison extends ComparedDatabases {
  readonly changes: readonly RowChange[];
}

export interface TwoServers {
  readonly before: SqlConnection;
  readonly after: SqlConnection;
  connect(side: 'before' | 'after'): Promise<SqlConnection>;
  /** Runs statements, one after the other, on one side or on both. */
  run(side: 'before' | 'after' | 'both', ...statements: readonly string[]): Promise<void>;
  /** Removes all tables. */
  clear(): Promise<void>;
  /** Compares `before` with `after`, or with another connection. */
  compare(options?: Partial<CompareOptions> & { readonly after?: SqlConnection }): Promise<Comparison>;
  remove(): Promise<void>;
}

/** Two MariaDB servers on 127.13.SUBNET.*, each with an empty schema `site`. */
export async function startTwo(subnet: number): Promise<TwoServers> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-content-'));
  await chmod(folder, 0o755);
  const dirs = await Promise.all([installServer(folder, 'before'), installServer(folder, 'after')]);
  const servers: readonly Server[] = await Promise.all([
    startServer(dirs[0], `127.13.${subnet}.1`),
    startServer(dirs[1], `127.13.${subnet}.2`),
  ]);
  for (const server of servers) {
    await server.sql(
      `CREATE DATABASE site CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
       CREATE USER content@'%' IDENTIFIED BY '${password.reveal()}'; GRANT ALL ON *.* TO content@'%'`,
    );
  }
  const open = (side: 'before' | 'after') =>
    connect({
      host: `127.13.${subnet}.${side === 'before' ? 1 : 2}`,
      port: 3306,
      user: 'content',
      password,
      database: 'site',
    });
  const sides = { before: await open('before'), after: await open('after') };
  const names = (side: 'before' | 'after' | 'both') => (side === 'both' ? (['before', 'after'] as const) : [side]);
  return {
    ...sides,
    connect: open,
    async run(side, ...statements) {
      for (const name of names(side)) {
        for (const statement of statements) await sides[name].query(statement, [], 60_000);
      }
    },
    async clear() {
      for (const connection of Object.values(sides)) {
        const tables = await connection.query<{ name: string }>(
          "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'site'",
          [],
          60_000,
        );
        for (const { name } of tables) {
          await connection.query(`DROP TABLE \`${name.replaceAll('`', '``')}\``, [], 60_000);
        }
      }
    },
    async compare({ after = sides.after, ...options } = {}) {
      const changes: RowChange[] = [];
      const result = await compareDatabases(sides.before, after, {
        schemas: { before: 'site', after: 'site' },
        report: silent,
        signal: new AbortController().signal,
        onChange: (change) => {
          changes.push(change);
        },
        ...options,
      });
      return { ...result, changes };
    },
    async remove() {
      await Promise.all(Object.values(sides).map((connection) => connection.end()));
      await Promise.all(servers.map((server) => server.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
