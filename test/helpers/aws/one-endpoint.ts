import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * One address for all services, as AWS_ENDPOINT_URL gives it to the SDK and as simulators of AWS have it: each call
 * goes on to the stand-in of its service, which is named in its signature.
 * @param services by that name (`rds`, `s3`, `monitoring`), where each answers
 */
export async function oneEndpoint(address: string, services: Readonly<Record<string, string>>) {
  const unknown: string[] = [];
  const server = createServer((incoming, answer) => {
    const [, service = ''] =
      /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(incoming.headers.authorization ?? '') ?? [];
    const target = services[service];
    if (target === undefined) {
      unknown.push(service);
      answer.writeHead(501).end(`Nobody stands in for ${service}.`);
      return;
    }
    const { hostname, port } = new URL(target);
    const { method, url: path, headers } = incoming;
    const going = request({ hostname, port, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(answer);
    });
    // An answer that the service has lost is lost here, too.
    going.on('error', () => incoming.socket.destroy());
    incoming.pipe(going);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    /** Services that were called and that nobody stands in for. */
    unknown,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
