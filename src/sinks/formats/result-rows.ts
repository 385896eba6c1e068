import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Column, Row, Task } from '../../tasks/task.ts';

const FRAME: readonly Column[] = [
  { name: 'source', type: 'text' },
  { name: 'seq', type: 'int32' },
  { name: 'timestamp', type: 'int64' },
];
const SPAN: readonly Column[] = [
  { name: 'end', type: 'int64' },
  { name: 'frames', type: 'int32' },
];

/** The columns of a table of results: those of the frame, for aggregates `end` and `frames`, then those of the task. */
export function columnsOf(task: Pick<Task, 'columns'>, aggregated: boolean): readonly Column[] {
  return [...FRAME, ...(aggregated ? SPAN : []), ...task.columns];
}

/** The rows of a result in such a table. */
export function rowsOf<T extends object>(task: Pick<Task<T>, 'rows'>, result: StoredResult<T>): Row[] {
  const { source, seq, timestamp, end, frames } = result;
  const frame = { source, seq, timestamp, end: end ?? null, frames: frames ?? null };
  return task.rows(result).map((row) => ({ ...frame, ...row }));
}
