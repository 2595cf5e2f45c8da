/** The first two or more numbers with dots between them that `pattern` captures; undefined if it does not match. */
export function versionIn(text: string, pattern: RegExp): string | undefined {
  return pattern
    .exec(text)
    ?.slice(1)
    .find((group) => group !== undefined);
}

/** Whether a version is at least another: number by number, a missing one counting as 0. */
export function isAtLeast(version: string, minimum: string): boolean {
  const have = version.split('.').map(Number);
  for (const [index, wanted] of minimum.split('.').map(Number).entries()) {
    const part = have[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

/** Whether a version is of a series: 10.11.19 is of 10.11 and of 10, but not of 10.1. */
export function isOfSeries(version: string, series: string): boolean {
  return version === series || version.startsWith(`${series}.`);
}
