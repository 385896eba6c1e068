import { noCandidates, type Candidates, type Wanted } from '../candidates.ts';
import { bestClasses, type ScoreSettings } from './best-classes.ts';
import type { Output } from './head.ts';
import type { Unit } from './ssd.ts';

/** Where the numbers of a YOLO output are. */
export interface YoloLayout {
  readonly boxes: number;
  readonly classes: number;
  /** Whether the numbers of a box lie in a row, `[1, N, numbers]`; else `[1, numbers, N]`. */
  readonly inRows: boolean;
  /** Whether the fifth number of a box says whether there is an object. */
  readonly hasObject: boolean;
}

/** Candidates of a YOLO output: centre x, centre y, width, height, and scores. */
export function yolo(
  { data }: Output,
  { boxes, classes, inRows, hasObject }: YoloLayout,
  { unit, ...settings }: ScoreSettings & { readonly unit: (wanted: Wanted) => Unit },
  wanted: Wanted,
): Candidates {
  const found = noCandidates();
  const [across, down] = unit(wanted);
  const numbers = 4 + (hasObject ? 1 : 0) + classes;
  const [perBox, perNumber] = inRows ? [numbers, 1] : [1, boxes];
  const at = (box: number, number: number) => data[box * perBox + number * perNumber] ?? NaN;
  const layout = { boxes, classes, first: (numbers - classes) * perNumber, perBox, perClass: perNumber };
  const visit = (box: number, index: number, score: number) => {
    const [x, y, width, height] = [at(box, 0), at(box, 1), at(box, 2), at(box, 3)];
    const [left, top] = [(x - width / 2) * across, (y - height / 2) * down];
    found.corners.push(left, top, left + width * across, top + height * down);
    found.scores.push(score);
    found.classes.push(index);
  };
  const object = hasObject ? (box: number) => at(box, 4) : undefined;
  bestClasses(data, layout, settings, wanted, visit, object);
  return found;
}
