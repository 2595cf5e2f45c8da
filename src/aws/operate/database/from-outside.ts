import type { DatabaseState } from '../../../platform/databases.js';
import type { Caller } from '../../deployment/clients.js';
import type { OutsideDatabase } from '../status.js';
import { isFailingOver, type RdsServer, rdsServers } from './servers.js';

/** RDS's words for a server that nobody can connect to. In all others it serves while something is done to it. */
const away =
  /^(creat|delet|stop|start|fail|reboot|restor|insufficient|inaccessible|incompatible|storage-full|renam|reset)/;

/** The standby of a Multi-AZ database has no name: nobody can connect to it. */
const standbyName = 'multi-az';

/** What RDS says of a site's databases, for somebody who cannot connect to them. */
export async function databaseFromOutside(rds: Caller, siteName: string): Promise<OutsideDatabase> {
  const [primary, ...replicas] = await rdsServers(rds, siteName);
  if (!primary) throw new RangeError('The list of servers begins with the primary.');
  return {
    primary: primary.id,
    standby: primary.standby === 'in-place' ? standbyName : null,
    state: await stateOf(rds, primary),
    replicas: replicas.map(({ id, zone }) => ({ id, zone })),
  };
}

async function stateOf(rds: Caller, { status, standby, instance }: RdsServer): Promise<DatabaseState> {
  if (standby === 'in-place' && (await isFailingOver(rds, instance))) return 'failing-over';
  if (away.test(status)) return 'down';
  return standby === 'in-place' ? 'redundant' : 'solo';
}
