import { sizeOf } from '../../../stage/shape.ts';
import { noCandidates, type Candidates, type Wanted } from '../candidates.ts';
import { topLeft, type Corners } from './box-coders.ts';
import { matrixIn, numberAt, unitOf, type Head } from './head.ts';

/** Heads that remove overlapping boxes give no more than a few hundred. */
export const MOST_COMPLETE = 1000;

/** One output with a row for each box: left, top, right, bottom, score, class. */
export const boxes: Head = (shapes, { head, units = 'pixels' }) => {
  const matrix = matrixIn(shapes);
  if (!matrix || matrix.columns !== 6 || (head === undefined && matrix.rows > MOST_COMPLETE)) return undefined;
  return {
    names: [matrix.name],
    classes: undefined,
    isSuppressed: true,
    decode: ([output], wanted) =>
      completeBoxes(matrix.rows, unitOf(units, wanted), wanted, (box) => {
        const [left, top, right, bottom, score, index] = [0, 1, 2, 3, 4, 5].map((i) => numberAt(output, 6 * box + i));
        return { corners: [left, top, right, bottom] as Corners, score, index };
      }),
  };
};

/** Outputs of their own for boxes, scores, classes and how many there are, by their names. Others beside them are not read. */
export const ssdFinal: Head = (shapes, { units = 'relative' }) => {
  const own = Object.entries(shapes).filter(([name]) => !/raw|multiclass|anchor/i.test(name));
  const named = (word: RegExp) => own.find(([name]) => word.test(name));
  const [places, scores, classes, many] = [named(/boxes/i), named(/scores/i), named(/classes/i), named(/num/i)];
  const count = places ? sizeOf(places[1]) / 4 : 0;
  if (!places || !scores || !classes || places[1].at(-1) !== 4) return undefined;
  if (sizeOf(scores[1]) !== count || sizeOf(classes[1]) !== count) return undefined;
  return {
    names: [places, scores, classes, ...(many ? [many] : [])].map(([name]) => name),
    classes: undefined,
    isSuppressed: true,
    decode: ([place, score, kind, number], wanted) =>
      completeBoxes(number ? Math.min(count, numberAt(number, 0)) : count, unitOf(units, wanted), wanted, (box) => ({
        corners: topLeft(place, box),
        score: numberAt(score, box),
        index: numberAt(kind, box),
      })),
  };
};

interface CompleteBox {
  readonly corners: Corners;
  readonly score: number | undefined;
  readonly index: number | undefined;
}

function completeBoxes(
  count: number,
  [across, down]: readonly [number, number],
  { minScore, isWanted }: Wanted,
  boxAt: (box: number) => CompleteBox,
): Candidates {
  const found = noCandidates();
  for (let box = 0; box < count; box++) {
    const {
      corners: [left, top, right, bottom],
      score = NaN,
      index = NaN,
    } = boxAt(box);
    if (Number.isNaN(score)) throw new RangeError('a score of a box is not a number');
    if (score < minScore) continue;
    const whole = Math.round(index);
    if (!(whole >= 0)) throw new RangeError(`the class of a box is ${index}, which is no number of a class`);
    if (!isWanted(whole)) continue;
    found.corners.push(left * across, top * down, right * across, bottom * down);
    found.scores.push(score);
    found.classes.push(whole);
  }
  return found;
}
