import type { Edition } from '../../platform/edition.js';
import { type Hosts, ports, replicaServers } from '../network/hosts.js';

/**
 * The text of `edition.php`, which tells WordPress on an instance who may answer for the edition. Once all replicas
 * stand at its position, the balancer's weighted endpoint is asked first; until then only those that are named. While
 * prod follows dev, what is cached is kept for seconds only.
 */
export function editionFile(edition: Edition, hosts: Hosts): string {
  const replicas = edition.replicas.map((id) => {
    const host = hosts.database[id];
    if (!host) throw new RangeError(`There is no replica ${id}.`);
    return `['id' => '${id}', 'host' => '${host.address}:${ports.database}']`;
  });
  const all = replicaServers.every((id) => edition.replicas.includes(id));
  const endpoint = all ? `'${hosts.replicaEndpoint}:${ports.database}'` : 'null';
  return `<?php
// Written by understudy. It is replaced whenever another replica may answer for this edition.
return [
    'id' => ${edition.id},
    'release' => ${edition.release},
    'position' => '${edition.position ?? ''}',
    'replicas' => [${replicas.join(', ')}],
    'endpoint' => ${endpoint},${edition.following ? "\n    'following' => true," : ''}
];
`;
}
