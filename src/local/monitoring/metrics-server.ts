import { createServer, type Server } from 'node:http';
import { messageOf } from '../../output/errors.js';

/** Answers Prometheus at `/metrics`. */
export class MetricsServer {
  #server: Server | undefined;
  #address: string | undefined;

  /** @param metrics the text that is answered; what it throws is answered with 500 */
  constructor(
    private readonly metrics: () => Promise<string>,
    private readonly contentType: string,
  ) {}

  /**
   * Listens; one that does already is left alone.
   * @throws an error of the operating system if the address is taken
   */
  async listen(host: string, port: number): Promise<void> {
    const wanted = `${host}:${port}`;
    if (this.#server && this.#address === wanted) return;
    await this.close();
    const server = createServer((request, response) => {
      if (request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      this.metrics().then(
        (text) => response.writeHead(200, { 'content-type': this.contentType }).end(text),
        (error) => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${messageOf(error)}\n`),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#server = server;
    this.#address = wanted;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
