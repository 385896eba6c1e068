import Table from 'cli-table3';

/** Every line of a table's frame, left out. */
const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right']
    .flatMap((line) => [line, `${line}-mid`, `${line}-left`, `${line}-right`])
    .map((line) => [line, '']),
);

/** A table of columns two spaces apart, without lines; given its columns' heads and sides. */
export function plainTable(columns: Readonly<Record<string, 'left' | 'right'>>): Table.Table {
  return new Table({
    head: Object.keys(columns),
    colAligns: Object.values(columns),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_LINES, middle: '  ' },
  });
}
