import type { Grid } from '../support/reference.ts';

/** Numbers with a shape, as they are written down. */
export function grid(shape: readonly number[], ...data: readonly number[]): Grid {
  return { shape, data };
}

export { asWeight, randomGrid } from '../support/compute.ts';
