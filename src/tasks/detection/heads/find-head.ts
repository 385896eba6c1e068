import { ShapeError } from '../../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../../stage/shape.ts';
import type { Wanted } from '../candidates.ts';
import { HEADS, type DetectionHead, type DetectionOutputs } from '../detection-outputs.ts';
import type { FoundHead } from './head.ts';
import { completeBoxes, numberAt } from './rows.ts';
import { apart, fromAnchors, LEFT_TOP, TOP_LEFT, type Decode, type Unit } from './ssd.ts';
import { yolo } from './yolo.ts';

/** Heads that remove overlapping boxes give no more than a few hundred. */
const MOST_FINAL = 1000;

const PIXELS: Unit = [1, 1];

/**
 * Finds out how outputs of these shapes hold boxes. `labels` is the number of labels, if it is known. The message of the `ShapeError`
 * for outputs that no head has, or several could have, follows the name of a stage.
 */
export function findHead(
  shapes: Readonly<Record<string, Shape>>,
  settings: DetectionOutputs,
  labels: number | undefined,
): FoundHead {
  const found = (settings.head === undefined ? HEADS : [settings.head]).flatMap((head) => {
    const made = MAKERS[head](shapes, settings, labels);
    return made ? [{ head, made }] : [];
  });
  const [first, second] = found;
  if (first && !second) return first.made;
  const list = Object.entries(shapes).map(([name, shape]) => `${name === '' ? '' : `${name} `}${describeShape(shape)}`);
  const known = labels === undefined ? '' : ` and ${labels} labels`;
  if (first) {
    throw new ShapeError(
      `needs head: outputs ${list.join(', ')}${known} may be of ${found.map(({ head }) => head).join(' or ')}`,
    );
  }
  throw new ShapeError(
    settings.head === undefined
      ? `needs the outputs of a detector, but got ${list.join(', ')}${known}, which no head has: choose other outputs of the model, or give head, one of ${HEADS.join(', ')}`
      : `needs ${WANTED[settings.head]} for the head ${settings.head}, but got ${list.join(', ')}${known}`,
  );
}

type Make = (
  shapes: Readonly<Record<string, Shape>>,
  settings: DetectionOutputs,
  labels: number | undefined,
) => FoundHead | undefined;

/** What each head needs, for errors. */
const WANTED: Readonly<Record<DetectionHead, string>> = {
  ssd: 'boxes [1, N, 4] or [1, N, 1, 4] and scores [1, N, classes]',
  'ssd-raw': 'offsets [1, N, 4] and logits [1, N, classes] with N anchors',
  'ssd-final': 'boxes [1, N, 4], scores [1, N] and classes [1, N], named such',
  'yolo-v5': 'one output [1, N, 5 + classes]',
  'yolo-v8': 'one output [1, 4 + classes, N] or [1, N, 4 + classes]',
  boxes: 'one output [1, N, 6] or [N, 6]',
  corners: 'boxes [1, N, 4] and scores [1, N, classes]',
};

const MAKERS: Readonly<Record<DetectionHead, Make>> = {
  ssd: (shapes, settings) => {
    const pair = boxesAndScores(shapes);
    // Without the name of the head, what tells its boxes from those of `corners` is their shape: TensorFlow's have one more dimension.
    return pair && (settings.head === 'ssd' || pair.boxes.shape.length === 4)
      ? together(pair, TOP_LEFT, settings)
      : undefined;
  },
  'ssd-raw': (shapes, settings) => {
    const { anchors, anchorScales = [10, 10, 5, 5] } = settings;
    const pair = boxesAndScores(shapes);
    if (!pair || !anchors || pair.count !== anchors.length) return undefined;
    return together(pair, fromAnchors(anchors, anchorScales), { fromLogits: true, ...settings });
  },
  corners: (shapes, settings) => {
    const pair = boxesAndScores(shapes);
    if (!pair || (settings.head !== 'corners' && pair.boxes.shape.length === 4)) return undefined;
    // Boxes of three dimensions may begin at the left or at the top.
    return together(pair, LEFT_TOP, settings);
  },
  'ssd-final': (shapes, { units = 'relative' }) => {
    const named = (word: string) => Object.entries(shapes).find(([name]) => name.toLowerCase().includes(word));
    const [boxes, scores, classes] = [named('boxes'), named('scores'), named('classes')];
    const count = boxes ? sizeOf(boxes[1]) / 4 : 0;
    if (!boxes || !scores || !classes || boxes[1].at(-1) !== 4) return undefined;
    if (sizeOf(scores[1]) !== count || sizeOf(classes[1]) !== count) return undefined;
    const number = Object.entries(shapes).find(([, shape]) => sizeOf(shape) === 1);
    return {
      names: [boxes[0], scores[0], classes[0], ...(number ? [number[0]] : [])],
      classes: undefined,
      isSuppressed: true,
      decode: ([box, score, kind, many], wanted) =>
        completeBoxes(
          Math.min(count, many ? numberAt(many, 0) : count),
          (i) => TOP_LEFT(box?.data ?? [], i),
          (i) => numberAt(score, i),
          (i) => numberAt(kind, i),
          unitOf(units)(wanted),
          wanted,
        ),
    };
  },
  'yolo-v5': (shapes, settings, labels) => {
    const matrix = onlyMatrix(shapes);
    if (!matrix) return undefined;
    const { name, rows, columns } = matrix;
    const classes = columns - 5;
    if (classes < 1 || (labels !== undefined && labels > 0 && labels !== classes)) return undefined;
    if (settings.head === undefined && (rows <= columns || (columns === 6 && rows <= MOST_FINAL))) return undefined;
    return oneYolo(name, { boxes: rows, classes, inRows: true, hasObject: true }, settings);
  },
  'yolo-v8': (shapes, settings, labels) => {
    const matrix = onlyMatrix(shapes);
    if (!matrix) return undefined;
    const { name, rows, columns } = matrix;
    // There are more boxes than numbers of a box.
    const inRows = rows > columns;
    const [boxes, classes] = inRows ? [rows, columns - 4] : [columns, rows - 4];
    if (classes < 1 || (labels !== undefined && labels > 0 && labels !== classes)) return undefined;
    if (settings.head === undefined && inRows && columns === 6 && rows <= MOST_FINAL) return undefined;
    return oneYolo(name, { boxes, classes, inRows, hasObject: false }, settings);
  },
  boxes: (shapes, settings) => {
    const matrix = onlyMatrix(shapes);
    if (!matrix || matrix.columns !== 6 || (settings.head === undefined && matrix.rows > MOST_FINAL)) return undefined;
    const { units = 'pixels' } = settings;
    return {
      names: [matrix.name],
      classes: undefined,
      isSuppressed: true,
      decode: ([output], wanted) =>
        completeBoxes(
          matrix.rows,
          (i) => [0, 1, 2, 3].map((number) => numberAt(output, 6 * i + number)) as [number, number, number, number],
          (i) => numberAt(output, 6 * i + 4),
          (i) => numberAt(output, 6 * i + 5),
          unitOf(units)(wanted),
          wanted,
        ),
    };
  },
};

interface Pair {
  readonly boxes: { readonly name: string; readonly shape: Shape };
  readonly scores: { readonly name: string; readonly shape: Shape };
  readonly count: number;
}

/** Two outputs, of which one has four numbers for each box, and the other scores of its classes. */
function boxesAndScores(shapes: Readonly<Record<string, Shape>>): Pair | undefined {
  const all = Object.entries(shapes).map(([name, shape]) => ({ name, shape }));
  if (all.length !== 2) return undefined;
  const pairs = [all, all.toReversed()].flatMap(([boxes, scores]) => {
    if (!boxes || !scores || boxes.shape.at(-1) !== 4 || scores.shape.length !== 3) return [];
    const count = sizeOf(boxes.shape) / 4;
    const isPair = boxes.shape[0] === 1 && scores.shape[0] === 1 && scores.shape[1] === count && count > 0;
    return isPair && boxes.shape.slice(2, -1).every((size) => size === 1) ? [{ boxes, scores, count }] : [];
  });
  // Of four classes both may be boxes: then the names decide.
  return pairs.length < 2 ? pairs[0] : pairs.find(({ boxes }) => /box|loc/i.test(boxes.name));
}

function together({ boxes, scores }: Pair, decode: Decode, settings: DetectionOutputs): FoundHead {
  const unit = unitOf(settings.units ?? 'relative');
  return {
    names: [boxes.name, scores.name],
    classes: scores.shape.at(-1),
    isSuppressed: false,
    decode: (outputs, wanted) => apart(outputs, { ...scoresAs(settings), decode, unit }, wanted),
  };
}

function oneYolo(name: string, layout: Parameters<typeof yolo>[1], settings: DetectionOutputs): FoundHead {
  const unit = unitOf(settings.units ?? 'pixels');
  return {
    names: [name],
    classes: layout.classes,
    isSuppressed: false,
    decode: ([output], wanted) =>
      yolo(output ?? { shape: [], data: [] }, layout, { ...scoresAs(settings), unit }, wanted),
  };
}

function scoresAs({ background, fromLogits = false, multiLabel = false }: DetectionOutputs) {
  return { background, fromLogits, multiLabel };
}

function unitOf(units: 'pixels' | 'relative'): (wanted: Wanted) => Unit {
  return units === 'pixels' ? () => PIXELS : ({ width, height }) => [width, height];
}

/** The one output, as a matrix. */
function onlyMatrix(
  shapes: Readonly<Record<string, Shape>>,
): { readonly name: string; readonly rows: number; readonly columns: number } | undefined {
  const [[name, shape] = ['', []], ...others] = Object.entries(shapes);
  const [rows = 0, columns = 0] = shape.slice(-2);
  const isOne = others.length === 0 && shape.length >= 2 && shape.length <= 3 && sizeOf(shape) === rows * columns;
  return isOne && sizeOf(shape) > 0 ? { name, rows, columns } : undefined;
}
