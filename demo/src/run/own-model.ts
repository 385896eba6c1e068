import type { TaskName } from './tasks.ts';

/** The ranges of pixel values that models are trained with. */
export const RANGES = { '0 to 1': [0, 1], '−1 to 1': [-1, 1], '0 to 255': [0, 255] } as const;

export type RangeName = keyof typeof RANGES;

/** A model of the user's own. */
export interface OwnModel {
  readonly files: readonly File[];
  /** What it was read for. */
  readonly task: TaskName;
  /** The range that the user chose; undefined if the model says it. */
  readonly range: RangeName | undefined;
}

/** What is assumed of a model that does not say it. */
export const ASSUMED: RangeName = '0 to 1';
