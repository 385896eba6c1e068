import { scoring } from '../../shares.ts';
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
 * scores of a box are multiplied by, at most 1. Throws `RangeError` for a score that is not a number.
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
  const scoreOf = scoring(fromLogits);
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
    const best = new Float64Array(boxes).fill(-Infinity);
    const chosen = new Int32Array(boxes).fill(-1);
    const least = fromLogits ? logitUnder(minScore) : minScore;
    const look = (box: number, index: number, number: number) => {
      if (number > (best[box] ?? 0)) {
        best[box] = number;
        chosen[box] = index;
      } else isOdd ||= Number.isNaN(number);
    };
    // These loops see every number of the output, hundreds of thousands, in the order of memory. Nearly all of them are too low.
    if (perBox === 1) {
      for (const index of wanted) {
        const from = first + index * perClass;
        const end = from + boxes;
        for (let at = nextFrom(data, from, end, least); at < end; at = nextFrom(data, at + 1, end, least)) {
          look(at - from, index, data[at] as number);
        }
      }
    } else {
      for (let box = 0; box < boxes; box++) {
        const from = first + box * perBox;
        for (let i = 0; i < wanted.length; i++) {
          const number = data[from + (wanted[i] as number) * perClass] as number;
          if (!(number < least)) look(box, wanted[i] as number, number);
        }
      }
    }
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

/** The place of the next number that is not under `least`, or is NaN; `end` if there is none. */
function nextFrom(data: ArrayLike<number>, from: number, end: number, least: number): number {
  let at = from;
  // By eights, it takes half the time.
  while (
    at + 8 <= end &&
    (data[at] as number) < least &&
    (data[at + 1] as number) < least &&
    (data[at + 2] as number) < least &&
    (data[at + 3] as number) < least &&
    (data[at + 4] as number) < least &&
    (data[at + 5] as number) < least &&
    (data[at + 6] as number) < least &&
    (data[at + 7] as number) < least
  ) {
    at += 8;
  }
  while (at < end && (data[at] as number) < least) at++;
  return at;
}

/** A number whose sigmoid is a little less than a share, so that rounding loses none. */
function logitUnder(share: number): number {
  if (share >= 1) return 16;
  return share <= 0 ? -Infinity : Math.log(share / (1 - share)) - 1e-3;
}
