import type { ClassScore } from './top-classes.ts';

/**
 * The score that the classes count with which a result does not list: 0, or where scores are negative the lowest one that is
 * listed, because no other class has a higher one.
 */
export function unlistedScore(classes: readonly ClassScore[]): number {
  return classes.reduce((lowest, { score }) => (score < lowest && Number.isFinite(score) ? score : lowest), 0);
}
