import { Add, Maximum, Minimum, Multiply, RealDiv, Sub } from '@tensorflow/tfjs-core';

/** @internal What merges values, by its name here. */
export const MERGES = {
  add: Add,
  subtract: Sub,
  multiply: Multiply,
  divide: RealDiv,
  maximum: Maximum,
  minimum: Minimum,
  /** And divided by how many they are. */
  average: Add,
};

/** How a node brings several values together: value by value, or `concatenate` along the last dimension. */
export type Merge = keyof typeof MERGES | 'concatenate';
