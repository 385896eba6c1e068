import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { count } from '../../stage/arguments.ts';

/**
 * How a detector gives its boxes. N is the number of boxes, C that of classes.
 *
 * - `ssd`: boxes `[1, N, 4]` or `[1, N, 1, 4]` as top, left, bottom, right, and scores `[1, N, C]`. Such as COCO-SSD.
 * - `ssd-raw`: the same before decoding: offsets `[1, N, 4]` from `anchors` as y, x, height, width, and logits `[1, N, C]`.
 * - `ssd-final`: boxes `[1, N, 4]` as top, left, bottom, right, classes `[1, N]`, scores `[1, N]`, and how many there are `[1]`, after
 *   non-maximum suppression. Such as exports of TensorFlow's Object Detection API.
 * - `yolo-v5`: one output `[1, N, 5 + C]`: centre x, centre y, width, height, whether there is an object, and a score for each class.
 * - `yolo-v8`: one output `[1, 4 + C, N]` or `[1, N, 4 + C]`, without the score for an object. Also YOLO 9, 11 and 12.
 * - `boxes`: one output `[1, N, 6]` or `[N, 6]`: left, top, right, bottom, score, class, after non-maximum suppression. Such as YOLO
 *   with it inside, YOLO 10, CenterNet.
 * - `corners`: boxes `[1, N, 4]` as left, top, right, bottom, and scores `[1, N, C]`. Such as UltraFace.
 * - `yunet`: grids of cells, in outputs `cls_8`, `obj_8`, `bbox_8`, `cls_16` and so on, of one class. Such as YuNet.
 */
export type DetectionHead = 'ssd' | 'ssd-raw' | 'ssd-final' | 'yolo-v5' | 'yolo-v8' | 'boxes' | 'corners' | 'yunet';

/** How a detector gives its boxes. */
export interface DetectionOutputs {
  /** The head of the detector. Default: by the shapes and the names of its outputs; where they leave a doubt, an error asks for it. */
  readonly head?: DetectionHead;
  /**
   * The unit of coordinates: `pixels` of the network's input, or `relative`, from 0 to 1 of it. Default: `pixels` for `yolo-v5`,
   * `yolo-v8` and `boxes`, else `relative`.
   */
  readonly units?: 'pixels' | 'relative';
  /** The number of a class that means that there is no object. Its scores are not read. Default: none. */
  readonly background?: number;
  /** Whether scores are logits, so that their sigmoid, 1 / (1 + e⁻ˣ), is the score; of `yolo-v5` and `yunet` also the score for an object. Default: true for `ssd-raw`. */
  readonly fromLogits?: boolean;
  /**
   * `ssd-raw`: centre x, centre y, width and height of each anchor, from 0 to 1 of the network's input, in the order of its boxes.
   */
  readonly anchors?: readonly (readonly [x: number, y: number, width: number, height: number])[];
  /** `ssd-raw`: what offsets are divided by, of x, y, width and height. Default `[10, 10, 5, 5]`. */
  readonly anchorScales?: readonly [x: number, y: number, width: number, height: number];
  /** Whether a box may have several labels: each class that reaches `minScore` is a box of its own. Default false: the best class. */
  readonly multiLabel?: boolean;
  /**
   * Whether the model has removed overlapping boxes itself (non-maximum suppression), so that this is done only where `iou` is given.
   * Default: true for `boxes` and `ssd-final`.
   */
  readonly suppressed?: boolean;
}

/** @internal */
export const HEADS: readonly DetectionHead[] = [
  'ssd',
  'ssd-raw',
  'ssd-final',
  'yolo-v5',
  'yolo-v8',
  'boxes',
  'corners',
  'yunet',
];

const NAMES: OptionNames<DetectionOutputs> = {
  head: true,
  units: true,
  background: true,
  fromLogits: true,
  anchors: true,
  anchorScales: true,
  multiLabel: true,
  suppressed: true,
};

/** @internal Checks the settings; throws `OptionError`. */
export function checkOutputs(outputs: DetectionOutputs): DetectionOutputs {
  const who = 'detection';
  checkOptions(who, outputs, NAMES);
  const { head, units, background, fromLogits, anchors, anchorScales, multiLabel, suppressed } = outputs;
  if (head !== undefined && !HEADS.includes(head)) {
    throw new OptionError(`${who}: head must be one of ${HEADS.join(', ')}, not ${describeValue(head)}`);
  }
  if (units !== undefined && units !== 'pixels' && units !== 'relative') {
    throw new OptionError(`${who}: units must be pixels or relative, not ${describeValue(units)}`);
  }
  if (head === 'yunet' && units === 'relative') {
    throw new OptionError(`${who}: the boxes of the head yunet are in pixels: leave out units`);
  }
  if (background !== undefined) count(who, 'background', background, 0);
  for (const [name, value] of Object.entries({ fromLogits, multiLabel, suppressed })) {
    if (value === undefined || typeof value === 'boolean') continue;
    throw new OptionError(`${who}: ${name} must be true or false, not ${describeValue(value)}`);
  }
  if (head === 'ssd-raw' && !anchors) {
    throw new OptionError(`${who}: the head ssd-raw needs anchors, [x, y, width, height] of each, from 0 to 1`);
  }
  if (anchors !== undefined) checkAnchors(who, anchors, head);
  if (anchorScales !== undefined && !(isFour(anchorScales) && anchorScales.every((scale) => scale > 0))) {
    throw new OptionError(`${who}: anchorScales must be four numbers over 0, not ${describeValue(anchorScales)}`);
  }
  return { ...outputs };
}

function checkAnchors(who: string, anchors: unknown, head: DetectionHead | undefined): void {
  if (head !== 'ssd-raw') throw new OptionError(`${who}: anchors are for the head ssd-raw: give head: 'ssd-raw'`);
  const list: readonly unknown[] = Array.isArray(anchors) ? anchors : [];
  const wrong = list.findIndex((anchor) => !isFour(anchor));
  if (list.length > 0 && wrong < 0) return;
  const what = wrong < 0 ? describeValue(anchors) : `${describeValue(list[wrong])} (number ${wrong})`;
  throw new OptionError(`${who}: anchors must be a list of [x, y, width, height], not ${what}`);
}

function isFour(value: unknown): value is readonly [number, number, number, number] {
  return Array.isArray(value) && value.length === 4 && value.every((number) => Number.isFinite(number));
}
