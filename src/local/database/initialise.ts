import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnderstudyError } from '../../output/errors.js';
import { type Account, run } from '../../process/run.js';
import { flushFolder, writeFileAtomic } from '../../state/atomic-file.js';
import { accountStatements, type DatabasePasswords } from './accounts.js';
import { redoLog } from './my-cnf.js';
import { firstRoles, type Roles, readRoles, rolesMissing, writeRoles } from './roles-record.js';
import { type DatabaseServer, ownFolder } from './server.js';

export interface InitialiseOptions {
  readonly servers: readonly DatabaseServer[];
  /** Below which everything of the databases lies, the template too. */
  readonly folder: string;
  readonly schema: string;
  readonly passwords: DatabasePasswords;
  /**
   * The record of roles, made at the end. Once it is there, a data directory that is missing was lost, and is not
   * one that is yet to be made.
   */
  readonly rolesFile: string;
  readonly account: Account | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Gives every server a data directory: the same content (accounts, the empty schema) at the empty position.
 * One template is made and cloned. What is there is never touched; what a crash left half-made is made again:
 * a directory has its final name only once it is complete and on disk.
 * A server that has lost its data is left as it is, to be made a copy of another one; but not the primary, whose data
 * may be all there is.
 * @returns the servers whose data directory was made now
 * @throws code `data-missing` or `roles-missing` if a site that has run before lacks the primary's data or the record
 */
export async function initialiseDatabases(options: InitialiseOptions): Promise<readonly DatabaseServer[]> {
  const { servers, folder, account, signal } = options;
  const missing = servers.filter(({ dataDir }) => !existsSync(dataDir));
  const template = join(folder, 'template');
  if (missing.length > 0) {
    const roles = await readRoles(options.rolesFile);
    if (roles) return leaveToRebuild(missing, roles);
    await ownFolder(folder, account);
    await removeHalfMade(folder, servers);
    if (!existsSync(template)) await makeTemplate(template, options);
    for (const server of missing) {
      signal?.throwIfAborted();
      await ownFolder(dirname(server.dataDir), account);
      await run('cp', ['-a', '--reflink=auto', template, halfMade(server.dataDir)], { as: account, cwd: '/', signal });
    }
    await flushFileSystem(folder);
    for (const server of missing) {
      await rename(halfMade(server.dataDir), server.dataDir);
      await flushFolder(dirname(server.dataDir));
    }
  }
  // Only now: it is what the remaining servers are cloned from after a crash between two renames.
  await rm(template, { recursive: true, force: true });
  await ensureRoles(options);
  return missing;
}

function leaveToRebuild(missing: readonly DatabaseServer[], { primary }: Roles): readonly DatabaseServer[] {
  if (missing.some(({ id }) => id === primary)) throw dataMissing(missing);
  return [];
}

/** A server that has run has a list of binary logs; a clone that has not has none. */
async function ensureRoles({ servers, rolesFile }: InitialiseOptions): Promise<void> {
  if (existsSync(rolesFile)) return;
  if (servers.some(({ dataDir }) => existsSync(join(dataDir, 'bin.index')))) throw rolesMissing(rolesFile);
  const [primary, standby] = servers.filter(({ kind }) => kind === 'cluster');
  if (!primary || !standby) throw new RangeError('A site has two servers that are primary and standby.');
  await writeRoles(rolesFile, firstRoles(primary.id, standby.id, new Date().toISOString()));
}

const halfMade = (path: string) => `${path}.making`;

async function removeHalfMade(folder: string, servers: readonly DatabaseServer[]): Promise<void> {
  const left = [join(folder, 'template'), ...servers.map(({ dataDir }) => dataDir)].map(halfMade);
  for (const path of left) await rm(path, { recursive: true, force: true });
}

async function makeTemplate(template: string, options: InitialiseOptions): Promise<void> {
  const { folder, schema, passwords, account, signal } = options;
  const making = halfMade(template);
  const config = join(folder, 'template.cnf');
  const tmpDir = join(folder, 'template.tmp');
  await ownFolder(making, account);
  await ownFolder(tmpDir, account);
  await writeFileAtomic(config, templateConfig(tmpDir), { owner: account });
  const as = { as: account, cwd: '/', signal, deadlineMs: 120_000 };
  await run(
    'mariadb-install-db',
    [
      `--defaults-file=${config}`,
      `--datadir=${making}`,
      '--skip-test-db',
      '--skip-name-resolve',
      // The one account with every right: only the machine's root, and only through the socket.
      '--auth-root-authentication-method=socket',
      '--auth-root-socket-user=root',
    ],
    as,
  );
  await run('mariadbd', [`--defaults-file=${config}`, `--datadir=${making}`, '--bootstrap', '--skip-log-bin'], {
    ...as,
    input: accountStatements(schema, passwords),
  });
  await rm(config, { force: true });
  await rm(tmpDir, { recursive: true, force: true });
  await flushFileSystem(folder);
  await rename(making, template);
  await flushFolder(folder);
}

const templateConfig = (tmpDir: string) => `[mariadbd]
tmpdir = ${tmpDir}
innodb_log_file_size = ${redoLog}
character_set_server = utf8mb4
collation_server = utf8mb4_unicode_ci
performance_schema = 0
`;

async function flushFileSystem(folder: string): Promise<void> {
  await run('sync', ['--file-system', folder], { cwd: '/' });
}

function dataMissing(missing: readonly DatabaseServer[]): UnderstudyError {
  const names = missing.map(({ id }) => id).join(', ');
  return new UnderstudyError({
    code: 'data-missing',
    message: `The data directory of ${names} is gone: ${missing.map(({ dataDir }) => dataDir).join(', ')}.`,
    remedy:
      'This site has run before, so an empty database is not made in its place. Put the directory back from a copy, ' +
      'or remove the site with `understudy down --destroy` and start anew.',
  });
}
