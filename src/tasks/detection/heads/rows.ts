import { noCandidates, type Candidates, type Wanted } from '../candidates.ts';
import type { Output } from './head.ts';
import type { Unit } from './ssd.ts';

/** Candidates of boxes that are complete: left, top, right, bottom, score and the number of the class of each. */
export function completeBoxes(
  count: number,
  boxOf: (box: number) => readonly [left: number, top: number, right: number, bottom: number],
  scoreOf: (box: number) => number,
  classOf: (box: number) => number,
  [across, down]: Unit,
  { minScore, isWanted }: Wanted,
): Candidates {
  const found = noCandidates();
  for (let box = 0; box < count; box++) {
    const score = scoreOf(box);
    if (Number.isNaN(score)) throw new RangeError('a score of a box is not a number');
    const index = Math.round(classOf(box));
    if (!(score >= minScore) || !isWanted(index)) continue;
    const [left, top, right, bottom] = boxOf(box);
    found.corners.push(left * across, top * down, right * across, bottom * down);
    found.scores.push(score);
    found.classes.push(index);
  }
  return found;
}

/** The number at this place, for {@link completeBoxes}. */
export function numberAt(output: Output | undefined, place: number): number {
  return output?.data[place] ?? NaN;
}
