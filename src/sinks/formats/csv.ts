import { AGGREGATED_COLUMNS, COLUMNS, resultRows } from './result-rows.ts';
import type { ResultWriter } from './result-writer.ts';

/** Options of {@link csvWriter}. */
export interface CsvOptions {
  /** The results are of several frames each ({@link aggregate}): adds the columns `end` and `frames`. Default false. */
  readonly aggregated?: boolean;
  /**
   * For opening in Excel and its like rather than for programs: a byte order mark says that it is UTF-8, and text that
   * would be taken for a formula (it begins with `= + - @`, a tab or a line end) gets a `'` before it. Default false:
   * what was written is what is read, so do not open files of untrusted names and labels in a spreadsheet.
   */
  readonly spreadsheet?: boolean;
}

/**
 * Results as CSV (RFC 4180: commas, CRLF, UTF-8, a header line), one row for each class of each frame: `source`, `seq`,
 * `timestamp` (µs), `rank` (1 is the best), `index`, `label`, `score` (six decimals). A frame without a class has a row
 * with the last four empty.
 *
 * @see {@link ndjsonWriter}, {@link jsonWriter}, {@link "sluice/node".loadParquet | loadParquet (Node)}
 *
 * @example
 * const writer = csvWriter();
 * console.log(writer.write({ ...result, classes: [{ index: 1, label: 'tench, tinca', score: 0.5 }] }).split('\r\n'));
 * // [ 'source,seq,timestamp,rank,index,label,score', 'clip.mp4,0,0,1,1,"tench, tinca",0.5', '' ]
 */
export function csvWriter({ aggregated = false, spreadsheet = false }: CsvOptions = {}): ResultWriter<string> {
  const columns = aggregated ? AGGREGATED_COLUMNS : COLUMNS;
  const line = (cells: readonly (string | number | null)[]) =>
    `${cells.map((cell) => toCell(cell, spreadsheet)).join(',')}\r\n`;
  let head = (spreadsheet ? '\uFEFF' : '') + line(columns);
  const afterHead = (text: string) => {
    const piece = head + text;
    head = '';
    return piece;
  };
  return {
    write: (result) =>
      afterHead(
        resultRows(result)
          .map((row) => line(columns.map((name) => row[name])))
          .join(''),
      ),
    end: () => afterHead(''),
  };
}

function toCell(value: string | number | null, spreadsheet: boolean): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = spreadsheet && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
