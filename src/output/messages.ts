/**
 * What the program says while it works. Library code emits these; only cli/ renders them.
 * They are plain data, so that they cross a socket or a journal unchanged.
 */
export type Message =
  | { readonly kind: 'start'; readonly task: string; readonly title: string }
  | {
      readonly kind: 'progress';
      readonly task: string;
      readonly done: number;
      /** Absent while the whole amount is not known. */
      readonly total?: number;
      /** What is counted, such as `files` or `bytes`. */
      readonly unit: string;
    }
  | {
      readonly kind: 'end';
      readonly task: string;
      readonly title: string;
      readonly outcome: 'done' | 'failed';
      readonly ms: number;
      readonly detail?: string;
    }
  | { readonly kind: 'note'; readonly level: 'info' | 'warning'; readonly text: string };

export type Report = (message: Message) => void;

/** Says nothing: for callers that nobody watches. */
export const silent: Report = () => {};

/**
 * Runs `work` between a `start` and an `end` message.
 * @param detail told from the result, shown behind the title when it is done
 */
export async function reportTask<T>(
  report: Report,
  task: string,
  title: string,
  work: () => Promise<T>,
  detail?: (result: T) => string | undefined,
): Promise<T> {
  const started = performance.now();
  const end = (outcome: 'done' | 'failed', text?: string) =>
    report({
      kind: 'end',
      task,
      title,
      outcome,
      ms: Math.round(performance.now() - started),
      ...(text === undefined ? {} : { detail: text }),
    });
  report({ kind: 'start', task, title });
  try {
    const result = await work();
    end('done', detail?.(result));
    return result;
  } catch (error) {
    end('failed');
    throw error;
  }
}
