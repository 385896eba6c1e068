import { Add, Maximum, Minimum, Multiply, RealDiv, Sub } from '@tensorflow/tfjs-core';

/** @internal The tfjs kernels that merge two values, by the names of the merges. */
export const MERGES = {
  add: Add,
  subtract: Sub,
  multiply: Multiply,
  divide: RealDiv,
  maximum: Maximum,
  minimum: Minimum,
  /** The sum is then divided by the number of values. */
  average: Add,
};

/** How a node of a graph merges several tensors: value by value, or with `concatenate` along the last dimension. */
export type Merge = keyof typeof MERGES | 'concatenate';
