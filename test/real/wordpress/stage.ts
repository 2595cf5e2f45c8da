import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/process/run.js';
import { configFor, installWordPress, makeDocumentRoot } from './document-root.js';
import { createDataDir, type MariaDb, startMariaDb } from './mariadb.js';

/** A folder that the servers' account can read. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'understudy-wp-'));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The accounts as the platform makes them: dev's owns its schema, prod's may read it. */
export async function startEmptyDatabase(folder: string, address: string): Promise<MariaDb> {
  const dataDir = join(folder, 'db-1');
  await createDataDir(dataDir);
  const database = await startMariaDb(dataDir, address);
  await database.sql(`
    CREATE DATABASE wp CHARACTER SET utf8mb4;
    CREATE USER dev@'%' IDENTIFIED BY 'dev''s "secret"'; GRANT ALL ON wp.* TO dev@'%';
    CREATE USER prod@'%' IDENTIFIED BY 'prod''s "secret"'; GRANT SELECT ON wp.* TO prod@'%';
  `);
  return database;
}

/** An installed dev with its database. */
export async function stageDev(folder: string, address: string, config: object = {}) {
  const database = await startEmptyDatabase(folder, address);
  const path = join(folder, 'dev');
  await makeDocumentRoot(path, { ...configFor('dev', database.host), ...config });
  await installWordPress(path, {});
  return { database, path };
}

/** Runs PHP inside a WordPress, as a person at its command line would; errors of ours show on standard error. */
export async function runInWordPress(path: string, code: string): Promise<string> {
  const program = `require 'wp-load.php'; ${code}`;
  return (await run('php8.2', ['-d', 'display_errors=stderr', '-r', program], { cwd: path })).stdout;
}
