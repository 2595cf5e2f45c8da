/**
 * What was measured, for people.
 * @param {{ machine: ReturnType<typeof import('./machine.js').machineFacts>, results: readonly any[] }} report
 */
export function reportText({ machine, results }) {
  const { system, kernel, cpu, cores, memoryGb, node, loadBefore } = machine;
  const head = ['bench', 'what', 'measured', 'goal', 'note'];
  const rows = results.map(({ bench, what, value, unit, goal, met, note }) => [
    bench,
    what,
    value === undefined ? 'not measured' : `${rounded(value)} ${unit}`.trim(),
    goal === undefined ? '' : `${goal}: ${met ? 'met' : 'missed'}`,
    note ?? '',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (/** @type {string[]} */ row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  return [
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Linux ${kernel}, Node ${node}, load before ${loadBefore.join(' ')}`,
    '',
    ...[head, ...rows].map(line),
    '',
  ].join('\n');
}

/** @param {number} value */
function rounded(value) {
  if (value >= 100) return String(Math.round(value));
  return value >= 10 || Number.isInteger(value) ? value.toFixed(Number.isInteger(value) ? 0 : 1) : value.toFixed(2);
}
