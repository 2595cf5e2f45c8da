import { UnderstudyError } from '../../output/errors.js';
import type { DatabaseState, Databases, DatabaseTopology } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import { acceptsWrites } from '../../replication/accepts-writes.js';
import { connect } from '../../sql/connect.js';
import type { DatabasePasswords } from './accounts.js';
import { type Roles, readRoles, rolesMissing } from './roles-record.js';
import type { DatabaseServer } from './server.js';

export interface DatabasesOptions {
  readonly servers: readonly DatabaseServer[];
  readonly schema: string;
  readonly passwords: DatabasePasswords;
  readonly rolesFile: string;
}

/**
 * The databases of the site, straight at their addresses. Needs the record of roles and the servers, not the control
 * plane, so it works in any process of the site.
 */
export function localDatabases({ servers, schema, passwords, rolesFile }: DatabasesOptions): Databases {
  const databases: Databases = {
    connect: (id, role, deadlineMs = 2_000) => {
      const server = serverOf(servers, id);
      const seesContent = role === 'dev' || role === 'prod' || role === 'operator';
      return connect({
        host: server.address,
        port: server.port,
        user: role,
        password: passwords[role],
        connectTimeout: deadlineMs,
        ...(seesContent ? { database: schema } : {}),
      });
    },
    topology: async (): Promise<DatabaseTopology> => {
      const roles = await readRoles(rolesFile);
      if (!roles) throw rolesMissing(rolesFile);
      return {
        state: await stateOf(roles, databases),
        primary: roles.primary,
        standby: roles.standby.id,
        replicas: servers.filter(({ kind }) => kind === 'replica').map(({ id }) => id),
      };
    },
  };
  return databases;
}

/**
 * What is recorded, and whether the primary accepts writes. A standby that was lost a moment ago still counts: the
 * record follows within a second, and until then the primary's commits wait.
 */
async function stateOf(roles: Roles, databases: Databases): Promise<DatabaseState> {
  if (roles.moving) return 'failing-over';
  if (!(await acceptsWrites(databases, roles.primary))) return 'down';
  return roles.standby.eligible ? 'redundant' : 'solo';
}

export function serverOf(servers: readonly DatabaseServer[], id: ServerId): DatabaseServer {
  const server = servers.find((candidate) => candidate.id === id);
  if (server) return server;
  throw new UnderstudyError({
    code: 'no-such-server',
    message: `There is no database server called ${JSON.stringify(id)}.`,
    remedy: `It is one of ${servers.map((candidate) => candidate.id).join(', ')}.`,
  });
}
