import { classOf, type Target } from '../errors/frame-label.ts';
import type { Loss } from './objective.ts';

/** How many examples of a batch a model gets right, from its outputs row by row. Undefined for a loss that knows no right or wrong. */
export type CountRight = (outputs: Float32Array, targets: readonly Target[]) => number;

/**
 * For classes: those whose best score is that of the right class. For labels: the share of labels that are on the right side of a
 * probability of ½, added up over the examples.
 */
export function rightFor({ spec }: Loss): CountRight | undefined {
  if (spec.op === 'crossEntropy') {
    return (outputs, targets) =>
      rowsOf(outputs, targets).filter(([row, target]) => classOf(row) === classOf(target)).length;
  }
  if (spec.op !== 'binaryCrossEntropy') return undefined;
  const middle = spec['from'] === 'probabilities' ? 0.5 : 0;
  return (outputs, targets) =>
    rowsOf(outputs, targets).reduce((sum, [row, target]) => {
      const wanted = (label: number) => {
        if (typeof target !== 'number') return (target[label] ?? 0) > 0.5;
        return row.length === 1 ? target > 0.5 : label === target;
      };
      return sum + row.filter((score, label) => score > middle === wanted(label)).length / row.length;
    }, 0);
}

function rowsOf(outputs: Float32Array, targets: readonly Target[]): [Float32Array, Target][] {
  const size = outputs.length / targets.length;
  return targets.map((target, i) => [outputs.subarray(i * size, (i + 1) * size), target]);
}
