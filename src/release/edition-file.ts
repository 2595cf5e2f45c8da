import type { Edition, ServerId } from '../platform/edition.js';

/** Where the database servers of prod answer, each as HOST:PORT. */
export interface ReplicaAddresses {
  readonly replicas: Readonly<Record<ServerId, string>>;
  /** What spreads over all of them by weight. */
  readonly endpoint: string;
}

/**
 * The text of `edition.php`, which tells WordPress on an instance who may answer for the edition. Once all replicas
 * stand at its position, the weighted endpoint is asked first; until then only those that are named. While prod follows
 * dev, what is cached is kept for seconds only.
 */
export function editionFile(edition: Edition, addresses: ReplicaAddresses): string {
  const replicas = edition.replicas.map((id) => {
    const address = addresses.replicas[id];
    if (!address) throw new RangeError(`There is no replica ${id}.`);
    return `['id' => '${id}', 'host' => '${address}']`;
  });
  const all = Object.keys(addresses.replicas).every((id) => edition.replicas.includes(id));
  return `<?php
// Written by understudy. It is replaced whenever another replica may answer for this edition.
return [
    'id' => ${edition.id},
    'release' => ${edition.release},
    'position' => '${edition.position ?? ''}',
    'replicas' => [${replicas.join(', ')}],
    'endpoint' => ${all ? `'${addresses.endpoint}'` : 'null'},${edition.following ? "\n    'following' => true," : ''}
];
`;
}
