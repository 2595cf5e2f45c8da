import { refusal } from '../../output/errors.js';

/** Which name servers the world uses for a zone: `dns.resolveNs` outside tests. */
export type NameServerLookup = (zone: string) => Promise<readonly string[]>;

/**
 * Before a certificate is asked for in a zone that was just made: whether the world finds it. Without it the
 * certificate waits for days, and the deployment with it.
 * @throws refused, code `zone-not-delegated`, with the name servers to give to the registrar
 */
export async function checkDelegation(zone: string, ours: readonly string[], lookUp: NameServerLookup): Promise<void> {
  const found = (await lookUp(zone).catch(() => [])).map(plain);
  if (ours.some((server) => found.includes(plain(server)))) return;
  throw refusal({
    code: 'zone-not-delegated',
    message:
      `The zone ${zone} is made, and the world does not find it yet: ` +
      `${found.length > 0 ? `it is served by ${found.join(', ')}` : 'nobody serves it'}.`,
    remedy: `Give these name servers to the registrar of ${zone}: ${ours.join(', ')}. Then run \`understudy aws deploy\` again; what is done so far stays.`,
  });
}

const plain = (server: string): string => server.toLowerCase().replace(/\.$/, '');
