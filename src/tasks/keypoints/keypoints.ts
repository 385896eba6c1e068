import type { Json } from '../../stage/stage.ts';
import { rounded } from '../rounded.ts';
import type { Caption, Row, Task } from '../task.ts';
import { COCO_EDGES, COCO_POINTS } from './coco-pose.ts';
import { checkedOptions, KEYPOINT_OPTIONS, type KeypointOptions } from './keypoint-options.ts';
import { checkOutputs, type KeypointOutputs } from './keypoint-outputs.ts';
import { keypointReader } from './keypoint-reader.ts';
import { MostPoses } from './most-poses.ts';
import type { Keypoints, Pose } from './pose.ts';
import { posesOverlay } from './poses-overlay.ts';

/** The number of decimals of a score in a file. */
const DECIMALS = 6;
/** A hundredth of a pixel. */
const PIXEL_DECIMALS = 2;

/**
 * The task of a model that finds the points of bodies or of other objects: its output → {@link Keypoints}, poses in pixels of the source
 * picture. What `preprocess` did to the picture is undone. `head` says how the model gives its points; without it, the shape of its
 * output does. It reads MoveNet, the pose models of Ultralytics, and heat maps; `names` and `edges` describe other points than COCO's.
 *
 * Tables have a row for each point. Captions are the number of poses (`2 × pose`). An aggregate has the poses of the frame with the most
 * of them. A drawing shows the skeleton. Points under `minPointScore` are left out of all of them.
 *
 * Throws `OptionError` for wrong settings. A model whose output no head fits, or several do, is a `ShapeError`. A score or a coordinate
 * that is not a number fails its frame, and so does a picture whose place in the source picture is not known (the fit `digit`).
 *
 * @see {@link smoothKeypoints}, {@link detection}, {@link modelFrom}, {@link infer}
 *
 * @example
 * const task = keypoints({ head: 'movenet', names: ['nose', 'tail'] });
 * const source = Frame.of(tf.tensor4d([0.5, 0.25, 0.9, 0.5, 1, 0.8], [1, 1, 2, 3]), { source: 'demo', seq: 0, timestamp: 0 });
 * const view = { size: { width: 4, height: 4 }, source: { width: 40, height: 40 }, left: 0, top: 0, scaleX: 10, scaleY: 10 };
 * const { poses } = await task.reader([]).read(source.data, view);
 * for (const { name, x, y } of poses[0]?.points ?? []) console.log(name, x, y); // nose 10 20
 */
export function keypoints(outputs: KeypointOutputs = {}): Task<Keypoints, KeypointOptions> {
  const settings = checkOutputs(outputs);
  const { names = COCO_POINTS, edges = COCO_EDGES } = settings;
  return {
    kind: 'keypoints',
    spec: { ...(settings as Readonly<Record<string, Json | undefined>>), kind: 'keypoints' },
    optionNames: KEYPOINT_OPTIONS,
    reader: (labels, options = {}) => keypointReader(labels, options, settings),
    optionsToAggregate: (options) => options,
    select({ poses, picture }, options) {
      const { minScore, minPointScore, maxPoses } = checkedOptions('select', options);
      const chosen = poses.filter(({ score }) => score >= minScore).slice(0, maxPoses);
      const certain = (pose: Pose) => pose.points.filter(({ score }) => score >= minPointScore);
      return { poses: chosen.map((pose) => ({ ...pose, points: certain(pose) })), picture };
    },
    aggregator(options) {
      checkedOptions('aggregate', options);
      return new MostPoses();
    },
    captions,
    stored: ({ poses, picture }) => ({ poses: poses.map(storedPose), picture }),
    columns: [
      { name: 'pose', type: 'int32' },
      { name: 'point', type: 'int32' },
      { name: 'name', type: 'text' },
      { name: 'score', type: 'double' },
      { name: 'x', type: 'double' },
      { name: 'y', type: 'double' },
    ],
    rows({ poses }) {
      const rows = poses.map(storedPose).flatMap(({ points }, i) =>
        points.map(({ name, score, x, y }): Row => ({
          pose: i + 1,
          point: numberOf(name, names),
          name,
          score,
          x,
          y,
        })),
      );
      return rows.length > 0 ? rows : [NO_POINT];
    },
    overlay: (result, picture) => posesOverlay(result, picture, edges),
  };
}

const NO_POINT: Row = { pose: null, point: null, name: null, score: null, x: null, y: null };

/** The number of a point among those of its model, from 0. */
function numberOf(name: string, names: readonly string[]): number | null {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  const number = /^point (\d{1,9})$/.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}

function captions({ poses: [best, ...others] }: Keypoints): Caption[] {
  if (!best) return [];
  return [{ label: others.length > 0 ? `${others.length + 1} × pose` : 'pose', score: best.score }];
}

function storedPose({ score, points, box, ...more }: Pose): Pose {
  const share = (number: number) => rounded(number, DECIMALS) as number;
  const pixel = (length: number) => rounded(length, PIXEL_DECIMALS) as number;
  return {
    score: share(score),
    points: points.map((point) => ({
      name: point.name,
      x: pixel(point.x),
      y: pixel(point.y),
      score: share(point.score),
    })),
    ...(box ? { box: { x: pixel(box.x), y: pixel(box.y), width: pixel(box.width), height: pixel(box.height) } } : {}),
    ...more,
  };
}
