import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageAccounts, replicasName, serverName } from '../../../src/aws/naming.js';

/** A file or directory, and where a program finds it instead of what this machine has there. */
export type Mount = readonly [source: string, place: string];

/**
 * A command whose program, with all that it starts, sees other files in some places: as a machine in AWS has them, at
 * their own paths. Only root may do that.
 */
export function withMounts(mounts: readonly Mount[], command: readonly string[]): readonly [string, string[]] {
  const [program = '', ...args] = command;
  if (mounts.length === 0) return [program, args];
  const script = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 1; shift 2; done; shift; exec "$@"';
  return ['unshare', ['--mount', 'sh', '-c', script, 'sh', ...mounts.flat(), '--', ...command]];
}

/** What resolves in the VPC: names of the private zone lead to the stand-ins of RDS, `NETWORK.1` to `.3`. */
export function hostsFile(folder: string, site: string, network: string): Mount {
  const replicas = serverName(site, replicasName);
  const lines = [
    '127.0.0.1 localhost',
    `${network}.1 ${serverName(site, 'primary')}`,
    `${network}.2 ${serverName(site, 'replica-1')} ${replicas}`,
    `${network}.3 ${serverName(site, 'replica-2')} ${replicas}`,
  ];
  const file = join(folder, 'hosts');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return [file, '/etc/hosts'];
}

/** This machine's accounts, and those of the image under their numbers. */
export function accountFiles(folder: string): readonly Mount[] {
  const accounts = Object.values(imageAccounts);
  return (['passwd', 'group'] as const).map((name) => {
    const others = readFileSync(join('/etc', name), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !accounts.some((account) => line.startsWith(`${account.name}:`)));
    const ours = accounts.map((account) =>
      name === 'group'
        ? `${account.name}:x:${account.id}:`
        : `${account.name}:x:${account.id}:${account.id}::/nonexistent:/usr/sbin/nologin`,
    );
    const file = join(folder, name);
    writeFileSync(file, `${[...others, ...ours].join('\n')}\n`);
    return [file, join('/etc', name)] as const;
  });
}
