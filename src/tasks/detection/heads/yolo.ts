import { noCandidates } from '../candidates.ts';
import type { DetectionOutputs } from '../detection-outputs.ts';
import { sigmoid } from '../../shares.ts';
import { bestClasses } from './best-classes.ts';
import { MOST_COMPLETE } from './complete-boxes.ts';
import { matrixIn, numberAt, unitOf, type FoundHead, type Head } from './head.ts';

/** Rows of centre x, centre y, width, height, the score for an object, and those of classes. */
export const yoloV5: Head = (shapes, settings, labels) => {
  const matrix = matrixIn(shapes);
  if (!matrix) return undefined;
  const { name, rows, columns } = matrix;
  const classes = columns - 5;
  if (!fits(classes, labels)) return undefined;
  if (settings.head === undefined && (rows <= columns || isComplete(rows, columns))) return undefined;
  return headOf(name, { boxes: rows, classes, inRows: true, hasObject: true }, settings);
};

/** The same without the score for an object, as rows or as columns. There are more boxes than numbers of a box. */
export const yoloV8: Head = (shapes, settings, labels) => {
  const matrix = matrixIn(shapes);
  if (!matrix) return undefined;
  const { name, rows, columns } = matrix;
  const inRows = rows > columns;
  const [boxes, classes] = inRows ? [rows, columns - 4] : [columns, rows - 4];
  if (!fits(classes, labels)) return undefined;
  if (settings.head === undefined && isComplete(rows, columns)) return undefined;
  return headOf(name, { boxes, classes, inRows, hasObject: false }, settings);
};

const fits = (classes: number, labels: number | undefined) =>
  classes >= 1 && (labels === undefined || labels === classes);
/** Whether the output is plainly one of complete boxes. */
const isComplete = (rows: number, columns: number) => columns === 6 && rows <= MOST_COMPLETE;

/** Where the numbers of a YOLO output are. */
interface YoloLayout {
  readonly boxes: number;
  readonly classes: number;
  /** Whether the numbers of a box lie in a row, `[1, N, numbers]`; else `[1, numbers, N]`. */
  readonly inRows: boolean;
  /** Whether the fifth number of a box says whether there is an object. */
  readonly hasObject: boolean;
}

function headOf(
  name: string,
  { boxes, classes, inRows, hasObject }: YoloLayout,
  settings: DetectionOutputs,
): FoundHead {
  const before = hasObject ? 5 : 4;
  const [perBox, perNumber] = inRows ? [before + classes, 1] : [1, boxes];
  const layout = { boxes, classes, first: before * perNumber, perBox, perClass: perNumber };
  return {
    names: [name],
    classes,
    isSuppressed: false,
    decode([output], wanted) {
      const found = noCandidates();
      const [across, down] = unitOf(settings.units ?? 'pixels', wanted);
      const at = (box: number, number: number) => numberAt(output, box * perBox + number * perNumber);
      const visit = (box: number, index: number, score: number) => {
        const [width, height] = [at(box, 2), at(box, 3)];
        const [left, top] = [at(box, 0) - width / 2, at(box, 1) - height / 2];
        found.corners.push(left * across, top * down, (left + width) * across, (top + height) * down);
        found.scores.push(score);
        found.classes.push(index);
      };
      const object = (box: number) => (settings.fromLogits ? sigmoid(at(box, 4)) : at(box, 4));
      bestClasses(output, layout, settings, wanted, visit, hasObject ? object : undefined);
      return found;
    },
  };
}
