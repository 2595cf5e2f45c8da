import { createHash } from 'node:crypto';
import type { Secret } from '../../output/secret.js';
import { besideSchema, type DatabaseRole, incomingSchemaOf } from '../../platform/databases.js';

/** The password of each account. The accounts are named after their roles. */
export type DatabasePasswords = Readonly<Record<DatabaseRole, Secret>>;

/** Where connections may come from: this machine alone. By name, so not through the socket either. */
const fromHost = '127.%';

interface Grant {
  readonly rights: readonly string[];
  /**
   * The site's schema; those beside it, in which an import keeps what was there; the one that an import fills.
   * Default: the whole server (`*.*`), where rights of administration live.
   */
  readonly on?: 'site' | 'beside' | 'incoming';
}

/**
 * What each account may do, and why it must:
 * - `dev`: everything in the site's schema, where WordPress and its plugins create tables as they like, and in those
 *   beside it, between which an import and a restore move whole tables; nothing else.
 *   Holding dev's writes with LOCK TABLES uses this account, too.
 * - `prod`: reads. It has no right that writes, so a server that is writable by mistake changes nothing.
 * - `replication`: fetches the binary log. The semi-synchronous acknowledgement needs no more.
 * - `operator`: see below. It has no right to write the site's data, although READ ONLY ADMIN would let it
 *   write on a read-only server if it had.
 * - `monitor`: status counters, processes, the state of replication. No content.
 * - `load`: everything in one schema that holds nothing yet. What a dump from outside says is done by this account.
 */
const grants: Readonly<Record<DatabaseRole, readonly Grant[]>> = {
  dev: [
    { on: 'site', rights: ['ALL PRIVILEGES'] },
    { on: 'beside', rights: ['ALL PRIVILEGES'] },
  ],
  prod: [{ on: 'site', rights: ['SELECT'] }],
  replication: [{ rights: ['REPLICATION SLAVE'] }],
  operator: [
    {
      rights: [
        'READ_ONLY ADMIN', // SET GLOBAL read_only: moving the primary
        'REPLICATION SLAVE ADMIN', // CHANGE MASTER, START/STOP/RESET SLAVE: the gate, the standby
        'RELOAD', // RESET SLAVE ALL, which closes a gate
        'REPLICATION MASTER ADMIN', // semi-synchronous on and off, where it is a setting of the primary
        'BINLOG ADMIN', // PURGE BINARY LOGS
        'BINLOG MONITOR', // SHOW BINARY LOGS, SHOW BINLOG EVENTS: what a replica may still need
        'SLAVE MONITOR', // SHOW SLAVE STATUS
        'PROCESS', // the process list: commits that hang
        'CONNECTION ADMIN', // KILL, and a way in when max_connections is reached
      ],
    },
    { on: 'site', rights: ['SELECT'] }, // comparing content, storage engines, primary keys
  ],
  monitor: [{ rights: ['PROCESS', 'BINLOG MONITOR', 'SLAVE MONITOR'] }],
  load: [{ on: 'incoming', rights: ['ALL PRIVILEGES'] }],
};

const roles = Object.keys(grants) as readonly DatabaseRole[];

/** The schema of a site: its name as a word that needs no quoting in a client. */
export function schemaOf(siteName: string): string {
  return siteName.replaceAll('-', '_');
}

/**
 * The statements that make the schema and the accounts, for a server that is being bootstrapped.
 * They hold hashes only: no password reaches a server's log or process list.
 */
export function accountStatements(schema: string, passwords: DatabasePasswords): string {
  return [
    // The server loads its accounts only now; before, it knows none and refuses to make any.
    'FLUSH PRIVILEGES',
    `CREATE DATABASE \`${schema}\``,
    ...roles.flatMap((role) => accountOf(role, schema, passwords[role])),
    '',
  ].join(';\n');
}

function accountOf(role: DatabaseRole, schema: string, password: Secret): string[] {
  const account = `'${role}'@'${fromHost}'`;
  return [
    `CREATE USER ${account} IDENTIFIED VIA mysql_native_password USING '${hashOf(password)}'`,
    ...grants[role].map(({ rights, on }) => `GRANT ${rights.join(', ')} ON ${scopeOf(on, schema)} TO ${account}`),
  ];
}

function scopeOf(on: Grant['on'], schema: string): string {
  switch (on) {
    case 'site':
      return `\`${literally(schema)}\`.*`;
    case 'beside':
      return `\`${literally(besideSchema(schema, ''))}%\`.*`;
    case 'incoming':
      return `\`${literally(incomingSchemaOf(schema))}\`.*`;
    default:
      return '*.*';
  }
}

/** In a grant `_` and `%` stand for any characters, so that a site's account would reach its neighbour's schema. */
const literally = (schema: string) => schema.replaceAll(/[_%]/g, '\\$&');

/** As the server stores a password: `*` and twice SHA-1. PHP's driver and the server's agree on this method. */
function hashOf(password: Secret): string {
  const sha1 = (data: string | Buffer) => createHash('sha1').update(data).digest();
  return `*${sha1(sha1(password.reveal())).toString('hex').toUpperCase()}`;
}
