import { Add, Maximum, Minimum, Multiply, RealDiv, Sub } from '@tensorflow/tfjs-core';

/** How a node brings several values together: value by value, or `concatenate` along a dimension. */
export type Merge =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'maximum'
  | 'minimum'
  /** The sum, divided by the number of values. */
  | 'average'
  | 'concatenate';

/** @internal The tfjs kernel of each merge that works value by value. An average is a sum that is divided afterwards. */
export const MERGES: Readonly<Record<Exclude<Merge, 'concatenate'>, string>> = {
  add: Add,
  subtract: Sub,
  multiply: Multiply,
  divide: RealDiv,
  maximum: Maximum,
  minimum: Minimum,
  average: Add,
};
