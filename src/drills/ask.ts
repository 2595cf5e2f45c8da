import { Agent, request } from 'node:https';

/** Where an environment is reached. */
export interface Place {
  /** The environment's address. */
  readonly url: string;
  /** Where it is really reached: names of this machine do not resolve in Node. */
  readonly address: string;
  /** The authority that signed its certificate, as PEM. */
  readonly authority: string;
}

export interface Question {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** No answer, or half of one. */
export class Unanswered extends Error {
  constructor(
    message: string,
    /** Whether a part of the answer had come. */
    readonly hadBegun: boolean,
  ) {
    super(message);
  }
}

/** From the question to the end of the answer. A visitor who waits longer has gone. */
export const longestAnswerMs = 10_000;

/**
 * How long a connection is kept for the next question. Shorter than any balancer keeps it: one that is closed at the
 * moment in which it is used again looks like a failure, and browsers ask again then.
 */
const idleMs = 4_000;

/** Asks through the balancer as a browser would, and never twice. */
export class Asker {
  readonly #agent: Agent;

  constructor(private readonly place: Place) {
    this.#agent = new Agent({ keepAlive: true, ca: place.authority, maxFreeSockets: 32, timeout: idleMs });
  }

  /** @throws Unanswered */
  ask({ path, method = 'GET', headers = {}, body }: Question): Promise<Answer> {
    const { hostname, port, host } = new URL(this.place.url);
    return new Promise((resolve, reject) => {
      let hadBegun = false;
      const fail = (error: Error) => {
        const text = error.name === 'TimeoutError' || error.name === 'AbortError' ? tooLong : error.message;
        reject(new Unanswered(text, hadBegun));
      };
      const call = request(
        {
          host: this.place.address,
          port: port === '' ? 443 : port,
          path,
          method,
          servername: hostname,
          agent: this.#agent,
          headers: { host, ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
          signal: AbortSignal.timeout(longestAnswerMs),
        },
        (response) => {
          hadBegun = true;
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
          response.on('error', fail);
        },
      );
      call.on('error', fail);
      call.end(body);
    });
  }

  end(): void {
    this.#agent.destroy();
  }
}

const tooLong = `no whole answer within ${longestAnswerMs / 1000} s`;
