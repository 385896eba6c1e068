import type { Task } from '../../tasks/task.ts';
import { looksLikeFormula } from '../formats/csv.ts';
import type { ResultWriter } from '../formats/result-writer.ts';
import { rowsOf } from '../formats/result-rows.ts';

/** Passes results to a writer of CSV, and tells once of a text that a spreadsheet may read as a formula. */
export function watchFormulas(writer: ResultWriter, task: Task, tell: (text: string) => void): ResultWriter {
  let isTold = false;
  const data = new Set(task.columns.filter(({ isData }) => isData).map(({ name }) => name));
  return {
    open() {
      const file = writer.open();
      return {
        write(result) {
          const cells = isTold ? [] : rowsOf(task, result).flatMap((row) => Object.entries(row));
          const [, found] =
            cells.find(([name, cell]) => !data.has(name) && typeof cell === 'string' && looksLikeFormula(cell)) ?? [];
          if (found !== undefined) {
            isTold = true;
            tell(String(found));
          }
          return file.write(result);
        },
        end: () => file.end(),
      };
    },
  };
}
