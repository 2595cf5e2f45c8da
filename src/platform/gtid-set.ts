/**
 * MySQL's way of naming a history: for each server that wrote in it (its UUID, with a tag where transactions have one)
 * the intervals of its transactions, such as `3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7,…`.
 */
export type GtidSet = ReadonlyMap<string, readonly Interval[]>;

/** From and to, both included. */
export type Interval = readonly [from: number, to: number];

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const interval = /^(\d+)(?:-(\d+))?$/;
const tag = /^[a-z_][a-z0-9_]{0,31}$/;

/** @throws RangeError if it is none. White space, which servers put behind commas, does not count. */
export function parseGtidSet(text: string): GtidSet {
  const set = new Map<string, Interval[]>();
  const parts = text.toLowerCase().replaceAll(/\s+/g, '').split(',');
  for (const part of parts.filter((one) => one !== '')) {
    const [server = '', ...rest] = part.split(':');
    if (!uuid.test(server) || rest.length === 0) throw notASet(text);
    let writer = server;
    for (const field of rest) {
      const match = interval.exec(field);
      if (!match) {
        // A tag holds for the intervals behind it.
        if (!tag.test(field)) throw notASet(text);
        writer = `${server}:${field}`;
        continue;
      }
      const from = Number(match[1]);
      const to = Number(match[2] ?? match[1]);
      if (from < 1 || to < from || !Number.isSafeInteger(to)) throw notASet(text);
      set.set(writer, [...(set.get(writer) ?? []), [from, to]]);
    }
  }
  return new Map([...set].sort(([a], [b]) => (a < b ? -1 : 1)).map(([writer, found]) => [writer, merged(found)]));
}

/** The one text of a set, whatever it was read from. */
export function gtidSetText(set: GtidSet): string {
  return [...set]
    .map(([writer, intervals]) => [writer, ...intervals.map(([from, to]) => (from === to ? from : `${from}-${to}`))])
    .map((fields) => fields.join(':'))
    .join(',');
}

/** How many transactions it has. */
export function countOf(set: GtidSet): number {
  return [...set.values()].flat().reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** Whether every transaction of `part` is in `whole`. */
export function isSubset(part: GtidSet, whole: GtidSet): boolean {
  return [...part].every(([writer, intervals]) =>
    intervals.every(([from, to]) => (whole.get(writer) ?? []).some(([first, last]) => first <= from && to <= last)),
  );
}

/** Without overlaps and in order; intervals that touch become one. */
function merged(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  for (const [from, to] of [...intervals].sort(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last && from <= last[1] + 1) result[result.length - 1] = [last[0], Math.max(last[1], to)];
    else result.push([from, to]);
  }
  return result;
}

const notASet = (text: string) => new RangeError(`Not a set of GTIDs: ${JSON.stringify(text)}.`);
