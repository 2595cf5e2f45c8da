import Table from 'cli-table3';

const none = '';
const bare = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: '  ',
};

/** Rows in aligned columns, without lines around them. Colours do not count as width. */
export function columns(rows: readonly (readonly string[])[], indent = 2): string {
  const table = new Table({ chars: bare, style: { 'padding-left': 0, 'padding-right': 0, border: [], head: [] } });
  table.push(...rows.map((row) => [...row]));
  const margin = ' '.repeat(indent);
  return table
    .toString()
    .split('\n')
    .map((line) => (margin + line).trimEnd())
    .join('\n');
}
