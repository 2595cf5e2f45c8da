import { createServer, connect as openTcp, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';

export interface MysqlProxyOptions {
  readonly address: string;
  /** Where clients connect to. */
  readonly port: number;
  /** Where the server listens, on the same address. */
  readonly behind: number;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** Says a statement in other words. Asked for those that `isConcerned` is true of. */
  readonly translate: (sql: string) => Promise<string>;
  readonly isConcerned: (sql: string) => boolean;
}

export interface MysqlProxy {
  close(): Promise<void>;
}

const flags = { compress: 0x20, ssl: 0x08_00 } as const;
const commandQuery = 3;

/**
 * Stands before a server and speaks MySQL's protocol: it encrypts, as RDS does, refuses whoever does not, and passes
 * on everything unchanged but for statements that are said in other words. Accounts are the server's.
 */
export async function mysqlProxy(options: MysqlProxyOptions): Promise<MysqlProxy> {
  const secureContext = createSecureContext({ key: options.key, cert: options.certificate });
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    new Session(client, options, secureContext);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, resolve);
  });
  return {
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

class Session {
  readonly #server: Socket;
  #client: Socket;
  #fromClient = new Packets();
  #fromServer = new Packets();
  #state: 'greeting' | 'signing-in' | 'open' = 'greeting';
  #encrypted = false;
  /** What the client says is passed on in its order, however long a translation takes. */
  #order: Promise<void> = Promise.resolve();

  constructor(
    client: Socket,
    private readonly options: MysqlProxyOptions,
    private readonly secureContext: SecureContext,
  ) {
    this.#client = client;
    this.#server = openTcp(options.behind, options.address);
    client.setNoDelay(true);
    this.#server.setNoDelay(true);
    this.#listen(client);
    this.#server.on('data', (data: Buffer) => this.#onServer(data));
    this.#server.on('error', () => this.#end());
    this.#server.on('close', () => this.#end());
  }

  #listen(client: Socket): void {
    client.on('data', this.#onClient);
    client.on('error', () => this.#end());
    client.on('close', () => this.#end());
  }

  #end(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #onServer(data: Buffer): void {
    if (this.#state === 'open') {
      this.#client.write(data);
      return;
    }
    for (const packet of this.#fromServer.add(data)) {
      if (this.#state === 'greeting') {
        offerTls(packet);
        this.#state = 'signing-in';
      } else {
        // The client has sent one packet more than the server has seen: the one that asks for TLS.
        packet[3] = (packet[3] ?? 0) + 1;
        if (packet[4] === 0) this.#state = 'open';
      }
      this.#client.write(packet);
    }
    const rest = this.#fromServer.rest();
    if (this.#state === 'open' && rest.length > 0) this.#client.write(rest);
  }

  readonly #onClient = (data: Buffer): void => {
    for (const packet of this.#fromClient.add(data)) {
      if (!this.#encrypted) {
        this.#startTls(packet);
        return;
      }
      this.#order = this.#order.then(() => this.#pass(packet)).catch(() => this.#end());
    }
  };

  #startTls(packet: Buffer): void {
    if (packet.length !== 36 || (packet.readUInt32LE(4) & flags.ssl) === 0) {
      const text = 'Connections using insecure transport are prohibited while --require_secure_transport=ON.';
      this.#client.end(errorPacket((packet[3] ?? 0) + 1, 3159, text));
      return;
    }
    this.#encrypted = true;
    const plain = this.#client;
    plain.removeListener('data', this.#onClient);
    // What came along with the request is TLS already, and waits until it is read.
    plain.pause();
    const early = this.#fromClient.rest();
    if (early.length > 0) plain.unshift(early);
    this.#client = new TLSSocket(plain, { isServer: true, secureContext: this.secureContext });
    this.#listen(this.#client);
  }

  async #pass(packet: Buffer): Promise<void> {
    if (this.#state !== 'open') {
      packet[3] = (packet[3] ?? 1) - 1;
      // Only the first one, which has the flags, is long enough for it to matter.
      if (packet[3] === 1) packet.writeUInt32LE((packet.readUInt32LE(4) & ~flags.ssl) >>> 0, 4);
      this.#server.write(packet);
      return;
    }
    if (packet[3] !== 0 || packet[4] !== commandQuery) {
      this.#server.write(packet);
      return;
    }
    // One byte, one character: a statement may hold bytes that are no text.
    const sql = packet.toString('latin1', 5);
    this.#server.write(this.options.isConcerned(sql) ? queryPacket(await this.options.translate(sql)) : packet);
  }
}

/** Cuts a stream into packets: three bytes of length, one of order, and what is in it. */
class Packets {
  #left = Buffer.alloc(0);

  *add(data: Buffer): Generator<Buffer> {
    this.#left = Buffer.concat([this.#left, data]);
    while (this.#left.length >= 4) {
      const end = 4 + this.#left.readUIntLE(0, 3);
      if (this.#left.length < end) return;
      const packet = Buffer.from(this.#left.subarray(0, end));
      this.#left = this.#left.subarray(end);
      yield packet;
    }
  }

  rest(): Buffer {
    const rest = this.#left;
    this.#left = Buffer.alloc(0);
    return rest;
  }
}

/** In the server's greeting: the lower flags stand behind its version, number of the connection and half the salt. */
function offerTls(packet: Buffer): void {
  const at = packet.indexOf(0, 5) + 1 + 4 + 8 + 1;
  packet.writeUInt16LE((packet.readUInt16LE(at) | flags.ssl) & ~flags.compress, at);
}

function packetOf(order: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = order;
  return Buffer.concat([head, body]);
}

const queryPacket = (sql: string) =>
  packetOf(0, Buffer.concat([Buffer.from([commandQuery]), Buffer.from(sql, 'latin1')]));

function errorPacket(order: number, number: number, text: string): Buffer {
  const code = Buffer.alloc(2);
  code.writeUInt16LE(number);
  return packetOf(order, Buffer.concat([Buffer.from([0xff]), code, Buffer.from(`#HY000${text}`)]));
}
