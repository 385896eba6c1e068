import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { count } from '../../stage/arguments.ts';
import { COCO_POINTS } from './coco-pose.ts';

/**
 * How a model gives its points, all of them in one output. K is the number of points.
 *
 * - `movenet`: `[1, 1, K, 3]`: y, x and score of each point of one pose. MoveNet Lightning and Thunder.
 * - `movenet-multipose`: `[1, P, 3K + 5]` of P poses: y, x and score of each point; top, left, bottom and right of the box; the score.
 * - `yolo`: `[1, 5 + 3K, N]` or `[1, N, 5 + 3K]` of N candidates: centre x, centre y, width and height of the box, the score, and x, y and
 *   score of each point. With 2K in place of 3K, points have the score of their pose. The pose models of Ultralytics (YOLO 8, 11).
 * - `yolo-boxes`: `[1, N, 6 + 3K]`, or 2K: left, top, right, bottom, score, class, points, after non-maximum suppression. The same with it
 *   inside (`nms`), and YOLO 26.
 * - `heatmaps`: `[1, h, w, K]`, or `[1, K, h, w]`: a map for each point of one pose, whose largest value is the score, and is where the
 *   point is.
 */
export type KeypointHead = 'movenet' | 'movenet-multipose' | 'yolo' | 'yolo-boxes' | 'heatmaps';

/** How a model gives its points, and what they are. */
export interface KeypointOutputs {
  /** The head of the model. Default: by the shape of its output; where it leaves a doubt, an error asks for it. */
  readonly head?: KeypointHead;
  /** How many points a pose has. Default: the number of `names`, else by the shape of the output. */
  readonly points?: number;
  /** The names of the points, all different. Default: COCO's for 17 points, such as `left_wrist`; else `point 0`, `point 1` … */
  readonly names?: readonly string[];
  /** The lines of the skeleton that is drawn: pairs of names. Default: COCO's, where the points have its names. */
  readonly edges?: readonly (readonly [from: string, to: string])[];
  /**
   * The unit of coordinates: `pixels` of the network's input, or `relative`, from 0 to 1 of it. Default: `pixels` for `yolo` and
   * `yolo-boxes`, `relative` for MoveNet.
   */
  readonly units?: 'pixels' | 'relative';
  /** Whether scores are logits, so that their sigmoid, 1 / (1 + e⁻ˣ), is the score. Default false. */
  readonly fromLogits?: boolean;
  /**
   * `heatmaps`: how a point is placed between the cells of its map. The largest value is in the cell (column, row).
   *
   * - `none`: in the middle of that cell, x = (column + 0.5) · width / w.
   * - `quarter` (default): a quarter of a cell towards the larger neighbour, in each direction (Newell et al. 2016, "Stacked hourglass
   *   networks").
   * - `dark`: where a Gaussian has its peak: −H⁻¹ · g cells from the middle, with the gradient g and the Hessian H of the logarithm of
   *   the map (Zhang et al. 2020, "Distribution-aware coordinate representation"); the map is not blurred before. Where that
   *   is more than a cell, as for `quarter`.
   */
  readonly refine?: 'none' | 'quarter' | 'dark';
}

/** @internal */
export const HEADS: readonly KeypointHead[] = ['movenet', 'movenet-multipose', 'yolo', 'yolo-boxes', 'heatmaps'];

const NAMES: OptionNames<KeypointOutputs> = {
  head: true,
  points: true,
  names: true,
  edges: true,
  units: true,
  fromLogits: true,
  refine: true,
};

const WHO = 'keypoints';

/** @internal Checks the settings; throws `OptionError`. */
export function checkOutputs(outputs: KeypointOutputs): KeypointOutputs {
  checkOptions(WHO, outputs, NAMES);
  const { head, points, names, edges, units, fromLogits, refine } = outputs;
  oneOf('head', head, HEADS);
  oneOf('units', units, ['pixels', 'relative']);
  oneOf('refine', refine, ['none', 'quarter', 'dark']);
  if (points !== undefined) count(WHO, 'points', points);
  if (fromLogits !== undefined && typeof fromLogits !== 'boolean') {
    throw new OptionError(`${WHO}: fromLogits must be true or false, not ${describeValue(fromLogits)}`);
  }
  if (names !== undefined) checkNames(names, points);
  if (edges !== undefined) checkEdges(edges, names);
  return { ...outputs };
}

function oneOf(name: string, value: string | undefined, values: readonly string[]): void {
  if (value === undefined || values.includes(value)) return;
  throw new OptionError(`${WHO}: ${name} must be one of ${values.join(', ')}, not ${describeValue(value)}`);
}

function checkNames(names: unknown, points: number | undefined): void {
  const list: readonly unknown[] = Array.isArray(names) ? names : [];
  if (list.length === 0 || list.some((name) => typeof name !== 'string' || name === '')) {
    throw new OptionError(`${WHO}: names must be a list of names of points, not ${describeValue(names)}`);
  }
  const twice = list.find((name, i) => list.indexOf(name) < i);
  if (twice !== undefined) throw new OptionError(`${WHO}: names has ${describeValue(twice)} twice`);
  if (points === undefined || points === list.length) return;
  throw new OptionError(`${WHO}: there are ${list.length} names for ${points} points`);
}

/** Without names, points have COCO's names or numbers. */
function checkEdges(edges: unknown, names: readonly string[] | undefined): void {
  if (!Array.isArray(edges)) {
    throw new OptionError(`${WHO}: edges must be a list of pairs of names, not ${describeValue(edges)}`);
  }
  for (const edge of edges as readonly unknown[]) {
    if (!Array.isArray(edge) || edge.length !== 2 || edge.some((end) => typeof end !== 'string')) {
      throw new OptionError(`${WHO}: an edge must be a pair of names of points, not ${describeValue(edge)}`);
    }
    const unknown = (edge as string[]).find((end) =>
      names ? !names.includes(end) : !COCO_POINTS.includes(end) && !/^point \d+$/.test(end),
    );
    if (unknown === undefined) continue;
    throw new OptionError(`${WHO}: an edge has ${describeValue(unknown)}, which is not the name of a point`);
  }
}
