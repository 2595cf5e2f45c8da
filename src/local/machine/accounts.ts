import { readFileSync } from 'node:fs';
import { hasCode, UnderstudyError } from '../../output/errors.js';
import { type Account, run } from '../../process/run.js';

/** Who runs what when the platform is started by root: databases, balancer, the PHP of each environment, monitoring. */
export const accountRoles = ['db', 'lb', 'dev', 'prod', 'mon'] as const;
export type AccountRole = (typeof accountRoles)[number];

export const accountName = (role: AccountRole): string => `understudy-${role}`;

/** The lists of users and groups: parameters for tests alone. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

const systemFiles: AccountFiles = { passwd: '/etc/passwd', group: '/etc/group' };

/**
 * The account that the servers of a role run as.
 * @returns undefined when this process is not root: everything runs as the present user then
 * @throws code `account-missing` if it was never made; `account-unfit` if it is root by another name
 */
export function accountFor(role: AccountRole): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = findAccount(accountName(role));
  if (account) return account;
  throw new UnderstudyError({
    code: 'account-missing',
    message: `The system account ${accountName(role)} does not exist.`,
    remedy: 'Run `understudy doctor --install`, which makes it.',
  });
}

/** The roles whose account does not exist. */
export function missingAccounts(): readonly AccountRole[] {
  return accountRoles.filter((role) => findAccount(accountName(role)) === undefined);
}

/**
 * Makes the accounts that are missing, without home, password or shell. Does nothing when not root.
 * Two who do it at once are no problem, nor is a crash in between: each account is made by one program, whole.
 * @returns the names of those that were made
 * @throws code `program-failed` if useradd refuses; `account-unfit`
 */
export async function ensureAccounts(): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const made: string[] = [];
  for (const role of missingAccounts()) {
    const name = accountName(role);
    try {
      await run('/usr/sbin/useradd', useraddArguments(name, hasGroup(name)));
      made.push(name);
    } catch (error) {
      // Another process may have made it while this one was waiting for the lock on the list of users.
      if (!hasCode(error, 'program-failed') || findAccount(name) === undefined) throw error;
    }
  }
  return made;
}

/** A group of that name can be left over from an account that was removed; useradd refuses to make it again. */
export function useraddArguments(name: string, groupExists: boolean): readonly string[] {
  const group = groupExists ? ['--gid', name, '--no-user-group'] : ['--user-group'];
  return ['--system', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', ...group, name];
}

/** @throws code `account-unfit` for an account that has the rights of root */
export function findAccount(name: string, files: AccountFiles = systemFiles): Account | undefined {
  const fields = lineOf(files.passwd, name);
  if (fields === undefined) return undefined;
  const [uid, gid] = [Number(fields[2]), Number(fields[3])];
  if (Number.isInteger(uid) && uid > 0 && Number.isInteger(gid) && gid > 0) return { name, uid, gid };
  throw new UnderstudyError({
    code: 'account-unfit',
    message: `The account ${name} has user ${fields[2]} and group ${fields[3]}; it must have no rights of root.`,
    remedy: `Remove it with \`userdel ${name}\` and run \`understudy doctor --install\`.`,
  });
}

function hasGroup(name: string, files: AccountFiles = systemFiles): boolean {
  return lineOf(files.group, name) !== undefined;
}

function lineOf(file: string, name: string): readonly string[] | undefined {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name);
}
