import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** One write that an author asked for. Moments are those of `performance.now()`. */
export interface Write {
  /** Counts up from 1. */
  readonly number: number;
  readonly kind: 'post' | 'comment';
  /** The text by which it is found again: it stands in no other write. */
  readonly mark: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** Undefined: it was acknowledged. Else nobody knows whether it was done. */
  readonly problem: string | undefined;
}

/**
 * What authors wrote, and what they were told about it. Every write stands on disk before it is sent and again when its
 * answer has come, so that what was acknowledged is known even when this process is lost.
 */
export class Ledger {
  readonly #writes: Write[] = [];
  #number = 0;

  constructor(
    private readonly file: string,
    private readonly run: string,
  ) {
    mkdirSync(dirname(file), { recursive: true });
  }

  /** Every write that has come to its end. */
  get writes(): readonly Write[] {
    return this.#writes;
  }

  /** @returns what to send, and whom to tell how it ended */
  begin(kind: Write['kind']): { readonly mark: string; end(problem: string | undefined): void } {
    const number = ++this.#number;
    const mark = markOf(this.run, number);
    const sentAt = performance.now();
    this.#append({ number, kind, mark, event: 'sent' });
    return {
      mark,
      end: (problem) => {
        this.#append({ number, event: problem === undefined ? 'acknowledged' : 'unanswered', problem });
        this.#writes.push({ number, kind, mark, sentAt, endedAt: performance.now(), problem });
      },
    };
  }

  #append(line: object): void {
    appendFileSync(this.file, `${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
  }
}

export const markOf = (run: string, number: number) => `Drill ${run} write ${number}`;

/** Matches the marks of every run, for MariaDB's REGEXP. */
export const anyMark = '^Drill [0-9A-Za-z-]+ write [0-9]+$';

export interface WritesFound {
  readonly acknowledged: number;
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** There more than once. */
  readonly duplicated: number;
  /** Not acknowledged: each may be there once, or not at all. */
  readonly unknown: number;
  /** Marks of what was lost or is there more than once. */
  readonly wrong: readonly string[];
}

/** @param found how often each mark stands in the database */
export function compareWrites(writes: readonly Write[], found: ReadonlyMap<string, number>): WritesFound {
  const acknowledged = writes.filter(({ problem }) => problem === undefined);
  const lost = acknowledged.filter(({ mark }) => !found.has(mark));
  const duplicated = writes.filter(({ mark }) => (found.get(mark) ?? 0) > 1);
  return {
    acknowledged: acknowledged.length,
    lost: lost.length,
    duplicated: duplicated.length,
    unknown: writes.length - acknowledged.length,
    wrong: [...lost, ...duplicated].map(({ mark }) => mark),
  };
}
