import { z } from 'zod';
import { UnderstudyError } from '../../output/errors.js';
import type { ServerId } from '../../platform/edition.js';
import { readJson, writeJson } from '../../state/atomic-file.js';
import type { StartRole } from './server.js';

const process = z.strictObject({ server: z.string(), start: z.string() });

const rolesSchema = z.strictObject({
  /** Counts every change of this record. */
  generation: z.int().min(1),
  primary: z.string(),
  standby: z.strictObject({
    id: z.string(),
    /** Whether every acknowledged write is known to be on it. */
    eligible: z.boolean(),
    /** The start of the server (see `ServerProcesses.startIdentity`) that this was found out about. */
    start: z.string().nullable(),
    /** When it became what it is. ISO 8601. */
    since: z.string(),
    /** Why it is not eligible. */
    reason: z.string().nullable(),
  }),
  /** The one process that may accept writes. Recorded before it is allowed to, and until another is. */
  writable: process.nullable(),
  /** A failover that has begun. `start` is the standby's: after a restart it may lack what it acknowledged. */
  moving: z.strictObject({ from: z.string(), to: z.string(), start: z.string() }).nullable(),
});

/** Who has which role in the cluster: the durable truth, written before it is acted upon. */
export type Roles = Readonly<z.infer<typeof rolesSchema>>;

/** @throws code `state-unreadable` */
export function readRoles(file: string): Promise<Roles | undefined> {
  return readJson(file, rolesSchema);
}

/** Durable when it returns. @throws code `disk-full` */
export function writeRoles(file: string, roles: Roles): Promise<void> {
  return writeJson(file, roles);
}

/** The roles of a site that has never run. */
export function firstRoles(primary: ServerId, standby: ServerId, now: string): Roles {
  return {
    generation: 1,
    primary,
    standby: { id: standby, eligible: false, start: null, since: now, reason: 'It has not replicated yet.' },
    writable: null,
    moving: null,
  };
}

/** What a server's next start is for. A move that has begun has not changed it yet. */
export function startRoleOf(roles: Roles, server: ServerId): StartRole {
  if (server === roles.primary) return 'primary';
  return server === roles.standby.id ? 'standby' : 'replica';
}

export function rolesMissing(file: string): UnderstudyError {
  return new UnderstudyError({
    code: 'roles-missing',
    message: `The record of which database is primary is gone (${file}), although the databases have run before.`,
    remedy: 'Put it back from a copy. It is not guessed: the wrong server would lose what only the other one has.',
  });
}
