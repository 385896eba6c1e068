import { sizeOf, type Shape } from '../../../stage/shape.ts';
import { noCandidates } from '../candidates.ts';
import type { DetectionOutputs } from '../detection-outputs.ts';
import { bestClasses } from './best-classes.ts';
import { fromAnchors, leftTop, topLeft, type BoxCoder } from './box-coders.ts';
import { unitOf, type FoundHead, type Head, type Shapes } from './head.ts';

/** Boxes that begin at the top. */
export const ssd: Head = (shapes, settings) => {
  const pair = pairIn(shapes);
  return pair && headOf(pair, topLeft, settings);
};

/** Boxes that begin at the left. Those of TensorFlow, `[1, N, 1, 4]`, never do. */
export const corners: Head = (shapes, settings) => {
  const pair = pairIn(shapes);
  if (!pair || (settings.head === undefined && pair.boxes.shape.length > 3)) return undefined;
  return headOf(pair, leftTop, settings);
};

/** Boxes that are not decoded yet. */
export const ssdRaw: Head = (shapes, settings) => {
  const { anchors, anchorScales = [10, 10, 5, 5] } = settings;
  const pair = pairIn(shapes);
  if (!pair || pair.count !== anchors?.length) return undefined;
  return headOf(pair, fromAnchors(anchors, anchorScales), { ...settings, fromLogits: settings.fromLogits ?? true });
};

interface Pair {
  readonly boxes: { readonly name: string; readonly shape: Shape };
  readonly scores: { readonly name: string; readonly shape: Shape };
  readonly count: number;
}

/** Two outputs, of which one has four numbers for each box, and the other scores of its classes. */
function pairIn(shapes: Shapes): Pair | undefined {
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

function headOf({ boxes, scores, count }: Pair, coder: BoxCoder, settings: DetectionOutputs): FoundHead {
  const classes = scores.shape.at(-1) ?? 0;
  const layout = { boxes: count, classes, first: 0, perBox: classes, perClass: 1 };
  return {
    names: [boxes.name, scores.name],
    classes,
    isSuppressed: false,
    decode([places, numbers], wanted) {
      const found = noCandidates();
      const [across, down] = unitOf(settings.units ?? 'relative', wanted);
      bestClasses(numbers, layout, settings, wanted, (box, index, score) => {
        const [left, top, right, bottom] = coder(places, box);
        found.corners.push(left * across, top * down, right * across, bottom * down);
        found.scores.push(score);
        found.classes.push(index);
      });
      return found;
    },
  };
}
