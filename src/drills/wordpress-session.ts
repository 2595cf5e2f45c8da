import { UnderstudyError } from '../output/errors.js';
import type { Secret } from '../output/secret.js';
import type { Answer, Asker, Question } from './ask.js';

export interface Login {
  readonly user: string;
  readonly password: Secret;
}

/**
 * A person who is logged in to dev's WordPress, and what he writes through its REST interface. That interface is asked
 * with a cookie and a nonce, as the block editor does it, and by its plain address: it answers whatever the permalinks
 * are, and where application passwords and XML-RPC are switched off.
 */
export class WordpressSession {
  #cookies = '';
  #nonce = '';

  constructor(
    private readonly asker: Asker,
    private readonly login: Login,
  ) {}

  /** @throws code `login-failed`; Unanswered */
  async logIn(): Promise<void> {
    const { user, password } = this.login;
    const form = new URLSearchParams({ log: user, pwd: password.reveal(), testcookie: '1' }).toString();
    const answer = await this.asker.ask({
      path: '/wp-login.php',
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: 'wordpress_test_cookie=WP%20Cookie%20check',
      },
      body: form,
    });
    const cookies = cookiesOf(answer);
    if (!cookies.some((cookie) => cookie.startsWith('wordpress_logged_in_'))) {
      throw loginFailed(user, `WordPress answered ${answer.status} without a session`);
    }
    this.#cookies = cookies.join('; ');
    const nonce = await this.#ask({ path: '/wp-admin/admin-ajax.php?action=rest-nonce' });
    if (nonce.status !== 200) throw loginFailed(user, `WordPress gave no nonce, but ${nonce.status}`);
    this.#nonce = nonce.body.trim();
  }

  /** @returns the number of the new post. @throws Error saying what was answered; Unanswered */
  post(title: string): Promise<number> {
    return this.#create('/wp/v2/posts', { title, content: title, status: 'private' });
  }

  /** @returns the number of the new comment. @throws as `post` */
  comment(post: number, content: string): Promise<number> {
    return this.#create('/wp/v2/comments', { post, content });
  }

  /** Removes a post and its comments for good. One that is gone is not an error. @throws as `post` */
  async remove(post: number): Promise<void> {
    const path = `/index.php?rest_route=${encodeURIComponent(`/wp/v2/posts/${post}`)}&force=true`;
    const answer = await this.#ask({ path, method: 'DELETE', headers: { 'x-wp-nonce': this.#nonce } });
    if (answer.status !== 200 && answer.status !== 404 && answer.status !== 410) throw unexpected(answer);
  }

  async #create(route: string, what: object): Promise<number> {
    const answer = await this.#ask({
      path: `/index.php?rest_route=${encodeURIComponent(route)}`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-wp-nonce': this.#nonce },
      body: JSON.stringify(what),
    });
    const id = answer.status === 201 ? numberIn(answer.body) : undefined;
    if (id === undefined) throw unexpected(answer);
    return id;
  }

  #ask(question: Question): Promise<Answer> {
    return this.asker.ask({ ...question, headers: { ...question.headers, cookie: this.#cookies } });
  }
}

function cookiesOf({ headers }: Answer): readonly string[] {
  const lines = headers['set-cookie'] ?? [];
  return (typeof lines === 'string' ? [lines] : lines).map((line) => line.split(';')[0] ?? '');
}

function numberIn(body: string): number | undefined {
  try {
    const { id } = JSON.parse(body) as { id?: unknown };
    return typeof id === 'number' ? id : undefined;
  } catch {
    return undefined;
  }
}

function unexpected({ status, body }: Answer): Error {
  const said = /"message":"([^"]{1,200})/.exec(body)?.[1];
  return new Error(`answered ${status}${said === undefined ? '' : `: ${said}`}`);
}

function loginFailed(user: string, why: string): UnderstudyError {
  return new UnderstudyError({
    code: 'login-failed',
    message: `${user} cannot log in to dev with the generated password: ${why}.`,
    remedy:
      'Give the administrator that password again (`understudy open dev --password`), and switch off what asks for more.',
  });
}
