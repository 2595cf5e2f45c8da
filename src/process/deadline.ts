/**
 * A signal that is aborted when the time is up, or with another one. In place of `AbortSignal.timeout` within
 * `AbortSignal.any`: that holds its signals weakly, so a timeout that nobody else refers to is collected as garbage
 * and never comes (seen with Node 20: none of 200 came after a collection). Here the timer itself holds it.
 * It keeps no process alive.
 */
export function deadlineSignal(ms: number, signal?: AbortSignal): AbortSignal {
  const deadline = new AbortController();
  const late = () => deadline.abort(new DOMException(`It took longer than ${ms} ms.`, 'TimeoutError'));
  setTimeout(late, ms).unref();
  return signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
}
