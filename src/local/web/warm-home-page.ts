import { request } from 'node:http';
import { deadlineSignal } from '../../process/deadline.js';

/** WordPress is compiled and has answered within a fraction of this. */
const deadlineMs = 5_000;

/**
 * Asks an instance for the home page as the balancer would, so that PHP compiles the site, and prod keeps the page under
 * the address that visitors use. An answer of any kind will do, none as well.
 */
export function warmHomePage(origin: string, siteUrl: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const call = request(
      `${origin}/`,
      {
        headers: { host: new URL(siteUrl).host, 'x-forwarded-proto': 'https' },
        agent: false,
        signal: deadlineSignal(deadlineMs, signal),
      },
      (answer) => {
        answer.on('close', resolve);
        answer.resume();
      },
    );
    call.on('error', () => resolve());
    call.end();
  });
}
