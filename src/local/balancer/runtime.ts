import { connect } from 'node:net';
import { hasErrno, UnderstudyError } from '../../output/errors.js';

/** One line of HAProxy's `show stat`, by column name. */
export type StatRow = Readonly<Record<string, string>>;

/**
 * Sends commands to a balancer process over its admin socket.
 * @returns whether it has carried them out. False when it does not run or does not answer within 1 s: it has to be
 *   started anew then, from its file, which says the same
 * @throws code `balancer-refused` if it answers with anything where it should answer nothing
 */
export async function command(socket: string, commands: readonly string[]): Promise<boolean> {
  for (const one of commands) {
    const answer = await ask(socket, one);
    if (answer === undefined) return false;
    // "No change" is what a command says that finds things as they should be.
    if (answer.trim() !== '' && !/no change/i.test(answer)) {
      throw new UnderstudyError({
        code: 'balancer-refused',
        message: `The balancer answered "${answer.trim()}" to "${one}".`,
      });
    }
  }
  return true;
}

/** The counters of a balancer process; undefined if it does not run or does not answer within 1 s. */
export async function statistics(socket: string): Promise<readonly StatRow[] | undefined> {
  const answer = await ask(socket, 'show stat');
  if (answer === undefined) return undefined;
  const [header = '', ...lines] = answer.trim().split('\n');
  const names = header.replace(/^# /, '').split(',');
  return lines.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
  });
}

/** An answer takes less than a millisecond. */
const deadlineMs = 1_000;

function ask(socket: string, text: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const client = connect(socket);
    let answer = '';
    const timer = setTimeout(() => {
      client.destroy();
      resolve(undefined);
    }, deadlineMs);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    client.setEncoding('utf8');
    client.on('connect', () => client.end(`${text}\n`));
    client.on('data', (chunk: string) => {
      answer += chunk;
    });
    client.on('end', () => settle(() => resolve(answer)));
    client.on('error', (error) =>
      settle(() => (notThere.some((code) => hasErrno(error, code)) ? resolve(undefined) : reject(error))),
    );
  });
}

/** Gone, not there yet, killed in the middle of an answer, or with a full queue because it hangs. */
const notThere = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAGAIN'];
