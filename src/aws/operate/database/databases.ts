import { UnderstudyError } from '../../../output/errors.js';
import type {
  DatabaseRole,
  DatabaseState,
  Databases,
  DatabaseTopology,
  SqlConnection,
} from '../../../platform/databases.js';
import type { ServerId } from '../../../platform/edition.js';
import { acceptsWrites } from '../../../replication/accepts-writes.js';
import { connect, type TlsAuthorities } from '../../../sql/connect.js';
import { errno, hasSqlErrno } from '../../../sql/errors.js';
import type { Caller } from '../../deployment/clients.js';
import { type DatabaseAccount, databaseAccounts, primaryId } from '../../naming.js';
import type { Passwords } from './passwords.js';
import { isFailingOver, type RdsServer, rdsServers } from './servers.js';

export interface AwsDatabasesOptions {
  readonly siteName: string;
  /** The site's schema, on every server. */
  readonly schema: string;
  readonly rds: Caller;
  readonly passwords: Passwords;
  readonly authorities: TlsAuthorities;
  readonly now?: () => number;
}

export interface AwsDatabases extends Databases {
  /** What RDS says of all servers, as old as `oldMs` at most (default: 0). */
  servers(oldMs?: number): Promise<readonly RdsServer[]>;
}

/** An endpoint stays the same for as long as a server has its name, so it may be old; what is new is found at once. */
const endpointsMs = 60_000;

/**
 * The servers of RDS, straight at their own endpoints: the certificates that RDS gives them are for these names and
 * for no others, so that a connection knows whom it has. Route 53 is not asked.
 */
export function awsDatabases(options: AwsDatabasesOptions): AwsDatabases {
  const { siteName, schema, rds, passwords, authorities, now = () => performance.now() } = options;
  let known: { readonly at: number; readonly servers: readonly RdsServer[] } | undefined;

  const servers = async (oldMs = 0) => {
    if (known && now() - known.at < oldMs) return known.servers;
    known = { at: now(), servers: await rdsServers(rds, siteName) };
    return known.servers;
  };
  const endpointOf = async (id: ServerId) => {
    const find = (all: readonly RdsServer[]) => all.find((server) => server.id === id)?.endpoint;
    return find(await servers(endpointsMs)) ?? find(await servers()) ?? unknownServer(id, await servers(endpointsMs));
  };
  const connectAs = async (id: ServerId, account: DatabaseAccount, deadlineMs: number): Promise<SqlConnection> => {
    const { host, port } = await endpointOf(id);
    const { user, password } = await passwords.of(account);
    const seesContent = account !== 'monitor';
    return connect({
      ...{ host, port, user, password, connectTimeout: deadlineMs, tls: authorities },
      ...(seesContent ? { database: schema } : {}),
    });
  };
  const databases: AwsDatabases = {
    servers,
    connect: async (id, role, deadlineMs = 2_000) => {
      const account = accountOf(role);
      try {
        return await connectAs(id, account, deadlineMs);
      } catch (error) {
        if (!hasSqlErrno(error, errno.accessDenied)) throw error;
        // It was changed since it was read. Once only: a wrong one blocks a client after some attempts.
        passwords.forget(account);
        return connectAs(id, account, deadlineMs);
      }
    },
    topology: async (): Promise<DatabaseTopology> => {
      const [primary, ...replicas] = await servers();
      if (!primary) throw new RangeError('The list of servers begins with the primary.');
      return {
        state: await stateOf(primary, databases, rds),
        primary: primary.id,
        // RDS's own: nobody can connect to it, and a failover keeps the name and the endpoint.
        standby: undefined,
        replicas: replicas.map(({ id }) => id),
      };
    },
  };
  return databases;
}

/** An account of RDS's own replicates, and imports are not brought here. */
function accountOf(role: DatabaseRole): DatabaseAccount {
  const account = databaseAccounts.find((name) => name === role);
  if (account) return account;
  throw new UnderstudyError({ code: 'no-such-account', message: `There is no account ${role} in AWS.` });
}

/** What the primary itself says counts; RDS's words say why it is silent. */
async function stateOf(primary: RdsServer, databases: Databases, rds: Caller): Promise<DatabaseState> {
  if (await acceptsWrites(databases, primaryId)) return primary.standby === 'in-place' ? 'redundant' : 'solo';
  if (primary.standby !== 'in-place') return 'down';
  return (await isFailingOver(rds, primary.instance)) ? 'failing-over' : 'down';
}

function unknownServer(id: ServerId, servers: readonly RdsServer[]): never {
  const found = servers.find((server) => server.id === id);
  if (found) {
    throw new UnderstudyError({
      code: 'database-unreachable',
      message: `The database server ${id} cannot be reached: RDS says that it is ${found.status}.`,
      remedy: 'Run `understudy status` to see which servers are up.',
    });
  }
  throw new UnderstudyError({
    code: 'no-such-server',
    message: `There is no database server called ${JSON.stringify(id)}.`,
    remedy: `It is one of ${servers.map((server) => server.id).join(', ')}.`,
  });
}
