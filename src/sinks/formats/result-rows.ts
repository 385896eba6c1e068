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

/** The columns of a table of a task's results: which frame it is, for aggregates its end and frames, then the task's own. */
export function columnsOf(task: Pick<Task, 'columns'>, aggregated: boolean): readonly Column[] {
  return [...FRAME, ...(aggregated ? SPAN : []), ...task.columns];
}

/** A result as the rows of such a table. */
export function rowsOf<T extends object>(task: Pick<Task<T>, 'rows'>, result: StoredResult<T>): Row[] {
  const { source, seq, timestamp, end, frames } = result;
  const frame = { source, seq, timestamp, end: end ?? null, frames: frames ?? null };
  return task.rows(result).map((row) => ({ ...frame, ...row }));
}
