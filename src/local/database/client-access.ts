import type { Secret } from '../../output/secret.js';
import type { DatabaseRole } from '../../platform/databases.js';
import type { Account } from '../../process/run.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import type { DatabaseServer } from './server.js';

export interface ClientAccess {
  /** The program's own group of options, or `client`. */
  readonly group: string;
  readonly server: Pick<DatabaseServer, 'address' | 'port'>;
  readonly user: DatabaseRole;
  readonly password: Secret;
}

/** Writes the options with which a client program reaches a server: the password must not stand in its arguments. */
export async function writeClientAccess(
  file: string,
  { group, server, user, password }: ClientAccess,
  owner: Account | undefined,
): Promise<void> {
  // Between quotes only the backslash is special there.
  const quoted = password.reveal().replaceAll('\\', '\\\\');
  const lines = [
    `[${group}]`,
    `host = ${server.address}`,
    `port = ${server.port}`,
    'protocol = tcp',
    `user = ${user}`,
    `password = "${quoted}"`,
    '',
  ];
  await writeFileAtomic(file, lines.join('\n'), { mode: 0o600, owner });
}
