import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { toWire, UnderstudyError, usageError } from '../../output/errors.js';
import type { Report } from '../../output/messages.js';
import type { AnswerLine, CallName, ControlPlaneCalls } from './api.js';

export interface CallContext {
  readonly report: Report;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

export type CallHandlers = {
  readonly [Name in CallName]: (
    params: ControlPlaneCalls[Name]['params'],
    context: CallContext,
  ) => Promise<ControlPlaneCalls[Name]['result']>;
};

/**
 * Answers calls over a Unix socket that only its owner may open: HTTP, `POST /NAME` with JSON, answered by lines of
 * JSON as they come about. The caller holds the control plane's lock, so a socket that lies there is a dead one's.
 * @param unforeseen told of errors that are defects of ours
 */
export async function serveCalls(
  socket: string,
  handlers: CallHandlers,
  unforeseen: (error: unknown, call: string) => void,
): Promise<Server> {
  await rm(socket, { force: true });
  const server = createServer((request, response) => void answer(handlers, unforeseen, request, response));
  // A call may take as long as an `up` on a slow machine.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  await chmod(socket, 0o600);
  return server;
}

async function answer(
  handlers: CallHandlers,
  unforeseen: (error: unknown, call: string) => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new Error('The caller has gone away.'));
  });
  const say = (line: AnswerLine) => {
    if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`);
  };
  response.setHeader('content-type', 'application/x-ndjson');
  const name = (request.url ?? '').slice(1);
  try {
    if (!Object.hasOwn(handlers, name)) {
      throw usageError({ code: 'unknown-call', message: `The control plane has no call ${JSON.stringify(name)}.` });
    }
    const handle = handlers[name as CallName] as (params: unknown, context: CallContext) => Promise<unknown>;
    const context = { report: (message: Parameters<Report>[0]) => say({ message }), signal: gone.signal };
    say({ result: await handle(await readJsonBody(request), context) });
  } catch (error) {
    // Its stack would be lost on the way.
    if (!(error instanceof UnderstudyError)) unforeseen(error, name);
    say({ error: toWire(error) });
  }
  response.end();
}

async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
}
