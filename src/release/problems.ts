import { refusal, type UnderstudyError } from '../output/errors.js';

/** Something that cannot become part of a release or of prod's media. */
export interface Problem {
  /** Printable. */
  readonly path: string;
  /** The rest of the sentence that begins with the path: "is a socket". */
  readonly what: string;
}

const shown = 20;

/** One refusal that names everything at once, so that it is repaired in one go. */
export function notReleasable(problems: readonly Problem[], remedy: string): UnderstudyError {
  const count = problems.length === 1 ? 'One path' : `${problems.length} paths`;
  return refusal({
    code: 'not-releasable',
    message: `${count} in dev cannot be copied:\n${listed(problems.map(({ path, what }) => `${path} ${what}`))}`,
    remedy,
  });
}

/** Lines for a message: the first twenty in order, and how many more there are. */
export function listed(lines: readonly string[]): string {
  const first = [...lines].sort().slice(0, shown);
  const more = lines.length > shown ? [`and ${lines.length - shown} more`] : [];
  return [...first, ...more].map((line) => `  ${line}`).join('\n');
}
