import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { fromWire, hasErrno, UnderstudyError } from '../../output/errors.js';
import { type Report, silent } from '../../output/messages.js';
import { deadlineSignal } from '../../process/deadline.js';
import type { AnswerLine, CallName, ControlPlaneCalls } from './api.js';

export interface CallOptions {
  readonly report?: Report;
  readonly signal?: AbortSignal | undefined;
  /** Default 30 s. */
  readonly deadlineMs?: number;
}

/** Calls the control plane of one site. */
export class ControlPlaneClient {
  constructor(private readonly socket: string) {}

  /**
   * @throws code `control-plane-down` if nobody listens; `deadline`; whatever the control plane answers with
   */
  async call<Name extends CallName>(
    name: Name,
    params: ControlPlaneCalls[Name]['params'],
    { report = silent, signal, deadlineMs = 30_000 }: CallOptions = {},
  ): Promise<ControlPlaneCalls[Name]['result']> {
    const within = deadlineSignal(deadlineMs, signal);
    try {
      for await (const line of this.#lines(name, params, within)) {
        if ('message' in line) report(line.message);
        else if ('error' in line) throw fromWire(line.error);
        else return line.result as ControlPlaneCalls[Name]['result'];
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (within.aborted) {
        throw new UnderstudyError({
          code: 'deadline',
          message: `The control plane did not finish "${name}" within ${deadlineMs / 1000} s.`,
        });
      }
      if (error instanceof UnderstudyError) throw error;
      if (!isGone(error)) throw error;
    }
    throw new UnderstudyError({
      code: 'control-plane-down',
      message: 'The control plane of this site does not run.',
      remedy: 'Run `understudy up`.',
    });
  }

  async *#lines(name: CallName, params: unknown, signal: AbortSignal): AsyncGenerator<AnswerLine> {
    const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      const call = request(
        { socketPath: this.socket, path: `/${name}`, method: 'POST', signal, agent: false },
        resolve,
      );
      call.on('error', reject);
      call.end(JSON.stringify(params));
    });
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield JSON.parse(line) as AnswerLine;
    }
  }
}

/** It is not there, or went away in the middle of its answer. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].some((code) => hasErrno(error, code));
}
