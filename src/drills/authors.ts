import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../output/errors.js';
import { Asker, type Place } from './ask.js';
import type { Ledger } from './ledger.js';
import { type Login, WordpressSession } from './wordpress-session.js';

export interface AuthorsOptions extends Place {
  readonly login: Login;
  readonly ledger: Ledger;
}

/** As many as write at the same time. */
const authorCount = 2;
/** Between an answer and the next write of the same author: two authors then write about 10 times a second. */
const pauseMs = 100;

/** Authors who write posts and comments in dev, each one after the other, until they are told to stop. */
export class Authors {
  readonly #asker: Asker;
  readonly #stopping = new AbortController();
  readonly #authors: readonly Promise<void>[];

  private constructor(
    private readonly options: AuthorsOptions,
    sessions: readonly WordpressSession[],
    asker: Asker,
  ) {
    this.#asker = asker;
    this.#authors = sessions.map((session) => this.#write(session));
  }

  /** @throws code `login-failed`; Unanswered */
  static async start(options: AuthorsOptions): Promise<Authors> {
    const asker = new Asker(options);
    const sessions = Array.from({ length: authorCount }, () => new WordpressSession(asker, options.login));
    for (const session of sessions) await session.logIn();
    return new Authors(options, sessions, asker);
  }

  /** Lets every author finish the write that he has. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#authors);
    this.#asker.end();
  }

  async #write(session: WordpressSession): Promise<void> {
    const { signal } = this.#stopping;
    let commentOn: number | undefined;
    while (!signal.aborted) {
      const post: number | undefined = commentOn;
      const write = this.options.ledger.begin(post === undefined ? 'post' : 'comment');
      try {
        const id = await (post === undefined ? session.post(write.mark) : session.comment(post, write.mark));
        write.end(undefined);
        commentOn = post === undefined ? id : undefined;
      } catch (error) {
        write.end(messageOf(error));
        commentOn = undefined;
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
