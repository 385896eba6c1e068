import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { columnsOf, rowsOf } from './result-rows.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOrDefault } from '../../tasks/task-or-default.ts';
import { type WriterOptions } from './writer-task.ts';

/** Options of {@link csvWriter}. */
export interface CsvOptions<T extends object = Classification> extends WriterOptions<T> {
  /** Whether the results are aggregates ({@link aggregate}): adds the columns `end` and `frames`. Default false. */
  readonly aggregated?: boolean;
  /**
   * Writes a file for Excel, LibreOffice and similar programs. It begins with a byte order mark, and what such a program might read
   * as a formula gets a `'` before it: text that begins with `= + - @`, a tab or a line end, or has one of these signs after a
   * separator. Default false: text is unchanged. Such a file with untrusted names or labels is not safe to open in a spreadsheet.
   */
  readonly spreadsheet?: boolean;
}

/**
 * Where a formula may begin: at the signs that OWASP lists; in Japanese, Excel takes the wide ones as well. Some programs cut cells at
 * semicolons or tabs, too, and if they do not cut them at commas, quotes in the middle of a line do not hold a cell together. So a
 * formula may also begin after what may be a separator.
 */
const FORMULA = /(^|[,;\t|\r\n"])(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;
const SPACE_BEFORE = /^(?=[\t\r\n])/;
const QUOTED = /[",\r\n]/;
const QUOTED_FOR_SPREADSHEETS = /[",;\t|\r\n]/;

/** Whether a spreadsheet may read a text as a formula. */
export function looksLikeFormula(text: string): boolean {
  return text.search(FORMULA) >= 0 || SPACE_BEFORE.test(text);
}

const NAMES: OptionNames<CsvOptions> = { task: true, aggregated: true, spreadsheet: true };

/**
 * Makes a writer of CSV (RFC 4180: commas, CRLF, UTF-8, a header line). For classification it writes a row for each class of
 * each frame: `source`, `seq`, `timestamp` (µs), `rank` (1 is the best), `index`, `label`, `score` (six decimals). A frame
 * without a class has one row in which the last four columns are empty. Throws `OptionError`.
 *
 * @see {@link ndjsonWriter}, {@link jsonWriter}, {@link "sluice/node".loadParquet | loadParquet (Node)}
 *
 * @example
 * const file = csvWriter().open();
 * console.log(file.write({ ...result, classes: [{ index: 1, label: 'tench, tinca', score: 0.5 }] }).split('\r\n'));
 * // [ 'source,seq,timestamp,rank,index,label,score', 'clip.mp4,0,0,1,1,"tench, tinca",0.5', '' ]
 */
export function csvWriter<T extends object = Classification>(options: CsvOptions<T> = {}): ResultWriter<string, T> {
  checkOptions<CsvOptions<T>>('csvWriter', options, NAMES);
  const { aggregated = false, spreadsheet = false } = options;
  const task = taskOrDefault(options.task);
  const columns = columnsOf(task, aggregated);
  const line = (cells: readonly (string | number | null)[]) =>
    `${cells.map((cell, i) => toCell(cell, spreadsheet, columns[i]?.isData)).join(',')}\r\n`;
  return {
    open() {
      let head = (spreadsheet ? '\uFEFF' : '') + line(columns.map(({ name }) => name));
      const afterHead = (text: string) => {
        const piece = head + text;
        head = '';
        return piece;
      };
      return {
        write: (result) =>
          afterHead(
            rowsOf(task, result)
              .map((row) => line(columns.map(({ name }) => row[name] ?? null)))
              .join(''),
          ),
        end: () => afterHead(''),
      };
    },
  };
}

function toCell(value: string | number | null, spreadsheet: boolean, isData = false): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = spreadsheet && !isData ? value.replace(FORMULA, "$1'").replace(SPACE_BEFORE, "'") : value;
  return (spreadsheet ? QUOTED_FOR_SPREADSHEETS : QUOTED).test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
