import { ShapeError } from '../../errors/errors.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import type { SegmentationKind, SegmentationOutputs } from './segmentation-outputs.ts';

/** Where an output has its values: the value of a row, a column and a class is at `row · rowStep + column · columnStep + class · classStep`. */
export interface OutputForm {
  /** Undefined where the type of the values decides: `classes` for whole numbers, else `mask`. */
  readonly kind: SegmentationKind | undefined;
  readonly height: number;
  readonly width: number;
  /** The number of classes of `scores`; 1 for others. */
  readonly classes: number;
  readonly rowStep: number;
  readonly columnStep: number;
  readonly classStep: number;
}

const NEEDS = 'one output: a map [1, h, w], scores [1, h, w, classes] or [1, classes, h, w], or a mask [1, h, w, 1]';
/** No picture that a network takes is longer and narrower. Lists of boxes are; those of few boxes have sides of 4 to 7. */
const MAX_ASPECT = 8;
const MAX_BOX_SIDE = 7;

/**
 * Finds out how an output of this shape says what pixels show. `labels` is the number of labels, if it is known. The message of the
 * `ShapeError` for other outputs follows the name of a stage.
 */
export function findForm(
  shapes: Readonly<Record<string, Shape>>,
  settings: SegmentationOutputs,
  labels: number | undefined,
): OutputForm {
  const [shape, ...others] = Object.values(shapes);
  const [batch, ...sizes] = shape ?? [];
  const isMap = shape && others.length === 0 && batch === 1 && sizes.every((size) => size >= 1);
  const form = isMap ? formOf(sizes, settings, labels) : undefined;
  const known = labels === undefined ? '' : ` and ${labels} labels`;
  const got = Object.entries(shapes).map(([name, one]) => `${name === '' ? '' : `${name} `}${describeShape(one)}`);
  if (!form || (settings.outputKind === undefined && isStrip(form))) {
    throw new ShapeError(
      `needs ${NEEDS}, but got ${got.join(', ')}${known}: choose the output of the model that says what each pixel shows`,
    );
  }
  const isScores = form.classes > 1;
  const { outputKind } = settings;
  if (outputKind !== undefined && isScores !== (outputKind === 'scores')) {
    throw new ShapeError(
      `needs outputKind: ${isScores ? "'scores'" : "'classes' or 'mask'"} for ${got.join(', ')}, but got '${outputKind}'`,
    );
  }
  if (isScores && labels !== undefined && labels !== form.classes) {
    throw new ShapeError(`needs one label for each of ${form.classes} classes, but got ${labels} labels`);
  }
  if (form.kind === 'mask' && labels !== undefined && labels > 1) {
    throw new ShapeError(`needs one label for a mask of one class, but got ${labels} labels`);
  }
  return form;
}

function isStrip({ height, width }: OutputForm): boolean {
  const [short, long] = [Math.min(height, width), Math.max(height, width)];
  return long > MAX_ASPECT * short || (short <= MAX_BOX_SIDE && long > 2 * short);
}

/** Undefined for another number of dimensions. */
function formOf(
  sizes: readonly number[],
  settings: SegmentationOutputs,
  labels: number | undefined,
): OutputForm | undefined {
  const [first = 0, second = 0, third = 0] = sizes;
  if (sizes.length === 2) return formWith(first, second, 1, 'nhwc', settings, labels);
  if (sizes.length !== 3) return undefined;
  const layout = settings.layout ?? layoutOf(first, second, third, labels);
  return layout === 'nhwc'
    ? formWith(first, second, third, layout, settings, labels)
    : formWith(second, third, first, layout, settings, labels);
}

/** Channels are as many as there are labels, else they are fewer than the rows and the columns. Throws `ShapeError` where both may be so. */
function layoutOf(first: number, second: number, third: number, labels: number | undefined): 'nhwc' | 'nchw' {
  const wanted = labels !== undefined && labels > 1 ? labels : undefined;
  const byLabels = [first === wanted, third === wanted];
  if (byLabels[0] !== byLabels[1]) return byLabels[1] ? 'nhwc' : 'nchw';
  if (first === 1 && second === 1 && third === 1) return 'nhwc';
  const isLast = third < Math.min(first, second) || (third === 1 && first > 1);
  const isFirst = first < Math.min(second, third) || (first === 1 && third > 1);
  if (isLast !== isFirst) return isLast ? 'nhwc' : 'nchw';
  throw new ShapeError(
    `needs layout: 'nhwc' or 'nchw' for an output ${describeShape([1, first, second, third])}, whose shape does not show which dimension is that of the classes`,
  );
}

function formWith(
  height: number,
  width: number,
  classes: number,
  layout: 'nhwc' | 'nchw',
  { outputKind }: SegmentationOutputs,
  labels: number | undefined,
): OutputForm {
  const ofOne = labels === undefined ? undefined : labels > 1 ? 'classes' : 'mask';
  return {
    kind: outputKind ?? (classes > 1 ? 'scores' : ofOne),
    ...{ height, width, classes },
    ...(layout === 'nhwc'
      ? { rowStep: width * classes, columnStep: classes, classStep: 1 }
      : { rowStep: width, columnStep: 1, classStep: height * width }),
  };
}
