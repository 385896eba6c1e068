import { ShapeError } from '../../../errors/errors.ts';
import { describeShape, type Shape } from '../../../stage/shape.ts';
import type { Shapes } from '../../detection/heads/head.ts';
import { COCO_POINTS } from '../coco-pose.ts';
import { HEADS, type KeypointHead, type KeypointOutputs } from '../keypoint-outputs.ts';
import type { FoundHead, Head } from './head.ts';
import { heatMaps } from './heat-maps.ts';
import { movenet, movenetMultipose } from './movenet.ts';
import { yolo, yoloBoxes } from './yolo-pose.ts';

/** Each head, and what output it needs. */
const KNOWN: Readonly<Record<KeypointHead, readonly [head: Head, needs: string]>> = {
  movenet: [movenet, '[1, 1, points, 3]'],
  'movenet-multipose': [movenetMultipose, '[1, poses, 3 · points + 5]'],
  yolo: [yolo, '[1, 5 + 3 · points, N] or [1, N, 5 + 3 · points] (or 2 · points)'],
  'yolo-boxes': [yoloBoxes, '[1, N, 6 + 3 · points] (or 2 · points)'],
  heatmaps: [heatMaps, '[1, h, w, points] or [1, points, h, w]'],
};

/** Finds out how an output holds poses. The message of the `ShapeError` for outputs that hold none, or may in several ways, follows a name. */
export function findHead(shapes: Shapes, settings: KeypointOutputs): FoundHead {
  const [only, ...others] = Object.values(shapes);
  const got = Object.entries(shapes)
    .map(([name, shape]) => `${name === '' ? '' : `${name} `}${describeShape(shape)}`)
    .join(', ');
  if (!only || others.length > 0) {
    throw new ShapeError(`needs the one output that holds points, but got ${got}: choose it with output`);
  }
  const wanted = settings.head;
  const found = (wanted === undefined ? HEADS : [wanted]).flatMap((name) => KNOWN[name][0](only, settings));
  const [known, from] = numberOfPoints(settings);
  const fitting = found.filter(({ points }) => known === undefined || points === known);
  const [first, ...more] = preferred(fitting);
  if (first && more.length === 0) return first;
  if (first) throw new ShapeError(`needs ${either([first, ...more])} for an output ${got}`);
  const [near] = found;
  if (near && known !== undefined) {
    throw new ShapeError(`needs an output of ${known} points (${from}), but ${got} has ${countsOf(found)}`);
  }
  throw wrongShape(only, wanted);
}

function wrongShape(shape: Shape, wanted: KeypointHead | undefined): ShapeError {
  const got = describeShape(shape);
  if (wanted !== undefined) return new ShapeError(`needs ${KNOWN[wanted][1]} for the head ${wanted}, but got ${got}`);
  const all = HEADS.map((name) => `${KNOWN[name][1]} (${name})`).join('; ');
  return new ShapeError(
    `needs the output of a model of poses, but got ${got}: choose another output, or one of ${all}`,
  );
}

/** How many points the settings say there are, and which of them does. */
function numberOfPoints({ names, points }: KeypointOutputs): readonly [number | undefined, string] {
  return names ? [names.length, 'names'] : [points, 'points'];
}

/** Where several fit: that of 17 points, if there is only one. */
function preferred(found: readonly FoundHead[]): readonly FoundHead[] {
  const coco = found.filter(({ points }) => points === COCO_POINTS.length);
  return found.length > 1 && coco.length === 1 ? coco : found;
}

function either(found: readonly FoundHead[]): string {
  return found.map(({ head, points }) => `keypoints({ head: '${head}', points: ${points} })`).join(' or ');
}

function countsOf(found: readonly FoundHead[]): string {
  return [...new Set(found.map(({ points }) => points))].join(' or ');
}
