import type { Result } from '../../tasks/classification/result.ts';
import { rounded } from './rounded.ts';

/** The columns of a table of results, in their order. */
export const COLUMNS = ['source', 'seq', 'timestamp', 'rank', 'index', 'label', 'score'] as const;

/** The columns of a table of results that are of several frames each. */
export const AGGREGATED_COLUMNS = ['source', 'seq', 'timestamp', 'end', 'frames', ...COLUMNS.slice(3)] as const;

/** A row of a table of results; null is an empty cell. */
export type ResultRow = Readonly<Record<(typeof AGGREGATED_COLUMNS)[number], string | number | null>>;

/** A result as rows: one for each class, best first; of a result without a class one row that says when it was. */
export function resultRows({ source, seq, timestamp, classes, end, frames }: Result): ResultRow[] {
  const when = { source, seq, timestamp, end: end ?? null, frames: frames ?? null };
  if (classes.length === 0) return [{ ...when, rank: null, index: null, label: null, score: null }];
  return classes.map(({ index, label, score }, i) => ({
    ...when,
    rank: i + 1,
    index,
    label,
    score: rounded(score, 6),
  }));
}
