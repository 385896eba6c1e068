import { sigmoid } from '../../shares.ts';
import type { Wanted } from '../candidates.ts';
import type { DetectionOutputs } from '../detection-outputs.ts';
import type { Output } from './head.ts';

/** Where the scores are: that of a class of a box is at `first + box · perBox + index · perClass`. */
export interface ScoreLayout {
  readonly boxes: number;
  readonly classes: number;
  readonly first: number;
  readonly perBox: number;
  readonly perClass: number;
}

/**
 * Visits each box that has a wanted class with at least the lowest score: with its best class, or with each of them. `factor` is what the
 * scores of a box are multiplied by. Throws `RangeError` for a score that is not a number.
 */
export function bestClasses(
  output: Output | undefined,
  { boxes, classes, first, perBox, perClass }: ScoreLayout,
  { background, fromLogits = false, multiLabel = false }: DetectionOutputs,
  { minScore, isWanted }: Wanted,
  visit: (box: number, index: number, score: number) => void,
  factor?: (box: number) => number,
): void {
  const data = output?.data ?? [];
  const wanted = Array.from({ length: classes }, (_, index) => index).filter(
    (index) => index !== background && isWanted(index),
  );
  const scoreOf = fromLogits ? sigmoid : (number: number) => number;
  let isOdd = false;
  if (multiLabel) {
    for (let box = 0; box < boxes; box++) {
      for (const index of wanted) {
        const score = scoreOf(data[first + box * perBox + index * perClass] ?? NaN) * (factor?.(box) ?? 1);
        if (score >= minScore) visit(box, index, score);
        else isOdd ||= Number.isNaN(score);
      }
    }
  } else {
    // Class by class where the numbers of a class lie in a row: memory is then read in order.
    const best = new Float64Array(boxes).fill(-Infinity);
    const chosen = new Int32Array(boxes).fill(-1);
    const look = (box: number, index: number) => {
      const number = data[first + box * perBox + index * perClass] ?? NaN;
      if (number > (best[box] ?? 0)) {
        best[box] = number;
        chosen[box] = index;
      } else isOdd ||= Number.isNaN(number);
    };
    if (perClass > perBox) for (const index of wanted) for (let box = 0; box < boxes; box++) look(box, index);
    else for (let box = 0; box < boxes; box++) for (const index of wanted) look(box, index);
    for (let box = 0; box < boxes; box++) {
      const index = chosen[box] ?? -1;
      if (index < 0) continue;
      const score = scoreOf(best[box] ?? NaN) * (factor?.(box) ?? 1);
      if (score >= minScore) visit(box, index, score);
      else isOdd ||= Number.isNaN(score);
    }
  }
  if (isOdd) throw new RangeError('a score of a box is not a number');
}
