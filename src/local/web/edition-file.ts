import type { Edition } from '../../platform/edition.js';
import { editionFile as textOf } from '../../release/edition-file.js';
import { type Hosts, ports, replicaServers } from '../network/hosts.js';

/** The text of `edition.php` on this machine. */
export function editionFile(edition: Edition, hosts: Hosts): string {
  const addresses = replicaServers.flatMap((id) => {
    const host = hosts.database[id];
    return host ? [[id, `${host.address}:${ports.database}`] as const] : [];
  });
  return textOf(edition, {
    replicas: Object.fromEntries(addresses),
    endpoint: `${hosts.replicaEndpoint}:${ports.database}`,
  });
}
