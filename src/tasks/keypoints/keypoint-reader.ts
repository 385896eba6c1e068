import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError } from '../../errors/errors.ts';
import { inSource, type PictureView } from '../../frames/picture-view.ts';
import { suppress } from '../detection/suppress.ts';
import { boxInSource } from '../box-in-source.ts';
import { checkShares } from '../shares.ts';
import { knownView, remembered, shapesIn, tensorsIn } from '../placed-outputs.ts';
import type { OutputReader } from '../task.ts';
import { COCO_POINTS } from './coco-pose.ts';
import { findHead } from './heads/find-head.ts';
import type { CandidatePose, FoundHead } from './heads/head.ts';
import { checkedOptions, type ChosenPoses, type KeypointOptions } from './keypoint-options.ts';
import type { KeypointOutputs } from './keypoint-outputs.ts';
import type { Keypoint, Keypoints, Pose } from './pose.ts';

const IOU = 0.5;

/** Makes the reader of the outputs of a model of poses. Throws `OptionError` for wrong options, or for labels of several classes. */
export function keypointReader(
  labels: readonly string[] | undefined,
  options: KeypointOptions,
  outputs: KeypointOutputs,
): OutputReader<Keypoints> {
  const chosen = checkedOptions('keypoints', options);
  if (labels && labels.length > 1) {
    throw new OptionError(
      `keypoints: poses are of one class, but there are ${labels.length} labels: the names of points are keypoints({ names })`,
    );
  }
  const headOf = remembered((shapes) => findHead(shapes, outputs));
  return {
    name: 'keypoints',
    checkShape: (shape) => void headOf({ '': shape }),
    checkShapes: (shapes) => void headOf(shapes),
    async read(output, given) {
      const view = knownView(given, 'points');
      const tensors = tensorsIn(output);
      const head = headOf(shapesIn(tensors));
      const [tensor] = Object.values(tensors) as [Tensor];
      const read = { shape: tensor.shape, data: await tensor.data() };
      const found = head.decode(read, { minScore: chosen.minScore, ...view.size });
      checkShares(found.map(({ score }) => score));
      const poses = bestOf(found, head, chosen).flatMap((pose) => poseOf(pose, outputs.names, chosen, view));
      return { poses, picture: view.source };
    },
  };
}

/** The candidates that stay, best first: without those that overlap a better one, where they have boxes. */
function bestOf(
  found: readonly CandidatePose[],
  { isSuppressed }: FoundHead,
  { iou, maxPoses }: ChosenPoses,
): readonly CandidatePose[] {
  const candidates = {
    corners: found.flatMap(({ corners }) => corners ?? [0, 0, 0, 0]),
    scores: found.map(({ score }) => score),
    classes: found.map(() => 0),
  };
  const most = iou ?? (isSuppressed ? 1 : IOU);
  const kept = suppress(candidates, { iou: most, perClass: false, maxDetections: maxPoses });
  return kept.flatMap((number) => found[number] ?? []);
}

/** A candidate in the source picture. None if its box lies outside of it. */
function poseOf(
  { score, corners, points }: CandidatePose,
  names: readonly string[] | undefined,
  { minPointScore }: ChosenPoses,
  view: PictureView,
): Pose[] {
  const box = corners && boxInSource(view, corners, 'the box of a pose');
  if (corners && !box) return [];
  const all = points();
  const known = names ?? (all.length === COCO_POINTS.length ? COCO_POINTS : []);
  const placed = all.map(({ x, y, score: certainty }, i): Keypoint => {
    const name = known[i] ?? `point ${i}`;
    if (Number.isNaN(certainty)) throw new RangeError(`the score of ${name} is not a number`);
    const { x: across, y: down } = inSource(view, { x, y, width: 0, height: 0 });
    return { name, x: across, y: down, score: certainty };
  });
  checkShares(placed.map((point) => point.score));
  const certain = placed.filter((point) => point.score >= minPointScore);
  const odd = certain.find(({ x, y }) => !Number.isFinite(x) || !Number.isFinite(y));
  if (odd) throw new RangeError(`${odd.name} has a coordinate that is not a finite number`);
  return [{ score, points: certain, ...(box ? { box } : {}) }];
}
