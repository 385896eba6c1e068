import type { Task } from '../../tasks/task.ts';
import { looksLikeFormula } from '../formats/csv.ts';
import type { ResultWriter } from '../formats/result-writer.ts';
import { rowsOf } from '../formats/result-rows.ts';

/** Passes results to a writer of CSV, and tells once of a text that a spreadsheet may read as a formula. */
export function watchFormulas(writer: ResultWriter, task: Task, tell: (text: string) => void): ResultWriter {
  let isTold = false;
  return {
    open() {
      const file = writer.open();
      return {
        write(result) {
          const texts = isTold ? [] : rowsOf(task, result).flatMap((row) => Object.values(row));
          const found = texts.find((cell) => typeof cell === 'string' && looksLikeFormula(cell));
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
