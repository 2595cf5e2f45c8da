import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '../../output/secret.js';
import { type Account, run } from '../../process/run.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { writeClientAccess } from './client-access.js';
import type { DatabaseServer } from './server.js';

export interface CopySchemaOptions {
  readonly from: DatabaseServer;
  readonly to: DatabaseServer;
  readonly schema: string;
  /** On the other server; it is there and empty. */
  readonly into: string;
  /** Left out: what is not a table of its own. */
  readonly views: readonly string[];
  readonly programs: { readonly mariadb: string; readonly mariadbDump: string };
  readonly password: Secret;
  readonly account: Account | undefined;
  /** A folder for scratch files, which hold content and passwords. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** As long as the data is large. */
const copyMs = 3_600_000;

/**
 * Copies every table of a schema from one server to another as statements, with dev's account: so they are in the other
 * server's binary log like anything that dev writes. Without triggers, views and routines.
 * @throws code `program-failed`, `program-timeout`; the signal's reason. What was written by then stays.
 */
export async function copySchema(options: CopySchemaOptions): Promise<void> {
  const { from, to, schema, into, views, programs, password, account, folder, signal } = options;
  const files = { dump: join(folder, 'restore.sql'), from: join(folder, 'from.cnf'), to: join(folder, 'to.cnf') };
  const as = { as: account, cwd: '/', signal, deadlineMs: copyMs };
  try {
    await writeClientAccess(files.from, { group: 'client', server: from, user: 'dev', password }, account);
    await writeClientAccess(files.to, { group: 'client', server: to, user: 'dev', password }, account);
    // It holds all of the site's content: made first, for nobody else to read.
    await writeFileAtomic(files.dump, '', { mode: 0o600, owner: account });
    await run(
      programs.mariadbDump,
      [
        `--defaults-file=${files.from}`,
        '--single-transaction',
        '--skip-lock-tables',
        '--skip-triggers',
        '--no-tablespaces',
        '--hex-blob',
        '--default-character-set=utf8mb4',
        ...views.map((view) => `--ignore-table=${schema}.${view}`),
        `--result-file=${files.dump}`,
        schema,
      ],
      as,
    );
    const load = ['--default-character-set=utf8mb4', `--execute=source ${files.dump}`, into];
    await run(programs.mariadb, [`--defaults-file=${files.to}`, ...load], as);
  } finally {
    for (const file of Object.values(files)) await rm(file, { force: true });
  }
}
