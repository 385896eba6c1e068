import Table from 'cli-table3';

/** Border characters for a table without borders. */
const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right']
    .flatMap((line) => [line, `${line}-mid`, `${line}-left`, `${line}-right`])
    .map((line) => [line, '']),
);

/** Makes a table without borders, its columns two spaces apart. `columns` maps each heading to its alignment. */
export function plainTable(columns: Readonly<Record<string, 'left' | 'right'>>): Table.Table {
  return new Table({
    head: Object.keys(columns),
    colAligns: Object.values(columns),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_LINES, middle: '  ' },
  });
}
