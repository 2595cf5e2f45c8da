import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { hasErrno, usageError } from '../../output/errors.js';
import { Secret } from '../../output/secret.js';
import type { Site } from '../../site/schema.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import type { Layout } from '../layout.js';
import type { SiteParts } from '../parts.js';
import { monitoringFiles } from './settings.js';

/**
 * The mail server's password, from where the definition says that it is. To be called in the environment of the person
 * who runs `up`: a control plane that starts by itself has another one, and uses what was kept.
 * @returns undefined if there is none, or if the variable is not set and an earlier one is kept
 * @throws code `password-missing` (usage), naming the variable or the file
 */
export async function smtpPassword(layout: Layout, { notify }: Pick<Site, 'notify'>, env = process.env) {
  const { password } = notify.smtp;
  if (password === 'none') return undefined;
  if ('file' in password) return new Secret(await readPasswordFile(password.file));
  const value = env[password.variable];
  if (value) return new Secret(value);
  if (existsSync(monitoringFiles.smtpPassword(layout))) return undefined;
  throw missing(`The variable ${password.variable} of the environment is not set`, 'Set it for this one command.');
}

async function readPasswordFile(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (hasErrno(error, 'ENOENT')) throw missing(`There is no file ${file}`, 'Write the password into it.');
    throw error;
  });
  if (((await stat(file)).mode & 0o004) !== 0) {
    throw missing(`Everybody on this machine may read ${file}`, `Run \`chmod 600 ${file}\`.`);
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw missing(`The file ${file} is empty`, 'Write the password into it.');
  return password;
}

const missing = (what: string, remedy: string) =>
  usageError({
    code: 'password-missing',
    message: `${what}; notify.smtp.password says that the mail server's password is there.`,
    remedy,
  });

/** Keeps it for those who send mail, readable by them alone; or forgets it, if the definition has none any more. */
export async function keepSmtpPassword(
  { layout, site, accounts }: SiteParts,
  password: Secret | undefined,
): Promise<void> {
  const file = monitoringFiles.smtpPassword(layout);
  if (site.notify.smtp.password === 'none') await rm(file, { force: true });
  else if (password) await writeFileAtomic(file, password.reveal(), { mode: 0o600, owner: accounts.mon });
}
