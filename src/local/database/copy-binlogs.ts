import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '../../output/errors.js';
import { type Account, run } from '../../process/run.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import type { DatabaseServer } from './server.js';

/** As `my-cnf.ts` names them. */
const index = 'bin.index';

export interface CopyBinlogsOptions {
  readonly account: Account | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives a backup the binary logs that its source had at that moment: all up to the one that the backup names, and that
 * one up to the backup's position. Whoever starts from it can then serve replicas that have stood still for long.
 * The source goes on writing; what it has written since is not copied.
 * @param backup a directory that mariadb-backup has made of `from`
 * @throws code `binlogs-unreadable` if the source does not have the log that the backup names
 */
export async function copyBinlogs(
  from: DatabaseServer,
  backup: string,
  { account, signal }: CopyBinlogsOptions,
): Promise<void> {
  const { log, position } = parsePosition(await readFile(join(backup, 'xtrabackup_binlog_info'), 'utf8'));
  const names = (await readFile(join(from.dataDir, index), 'utf8'))
    .split('\n')
    .map((line) => line.replace(/^.*\//, ''));
  const last = names.indexOf(log);
  if (last < 0) throw unreadable(`${from.id} does not have the log ${log}`);
  const wanted = names.slice(0, last + 1);
  for (const name of wanted) {
    await run('cp', ['--reflink=auto', join(from.dataDir, name), join(backup, name)], {
      as: account,
      cwd: '/',
      signal,
      deadlineMs: 600_000,
    });
  }
  await truncate(join(backup, log), position);
  await writeFileAtomic(join(backup, index), wanted.map((name) => `./${name}\n`).join(''), {
    mode: 0o660,
    owner: account,
  });
}

/** `bin.000004<TAB>1234<TAB>0-1-56` */
export function parsePosition(text: string): { readonly log: string; readonly position: number } {
  const [log, position] = text.trim().split('\t');
  if (!log || !/^\d+$/.test(position ?? '')) throw unreadable(`the backup says ${JSON.stringify(text.trim())}`);
  return { log, position: Number(position) };
}

function unreadable(why: string): UnderstudyError {
  return new UnderstudyError({
    code: 'binlogs-unreadable',
    message: `The binary logs cannot be copied: ${why}.`,
  });
}
