import { ShapeError } from '../errors/errors.ts';

// The arithmetic of output shapes; no tensor is allocated. Impossible sizes are `ShapeError`s that say what to change.

/** The sizes of a tensor's dimensions. Pictures are `[batch, height, width, channels]`. */
export type Shape = readonly number[];

/** One number for both directions, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** `[[top, bottom], [left, right]]`. */
export type Sides = readonly [readonly [number, number], readonly [number, number]];

/** The `[height, width]` of a picture after a crop; throws `ShapeError` when nothing is left. */
export function croppedOutput(input: Shape, [rows, columns]: Sides): [number, number] {
  const side = (i: 0 | 1, [before, after]: readonly [number, number]) => {
    const left = (input[i + 1] ?? 0) - before - after;
    if (left >= 1) return left;
    throw new ShapeError(
      `crops ${before} + ${after} off a ${i ? 'width' : 'height'} of ${input[i + 1] ?? 0} of input ` +
        `${describeShape(input)}, which leaves nothing: crop less`,
    );
  };
  return [side(0, rows), side(1, columns)];
}

/** The shape with rows and columns put around the picture (Keras `ZeroPadding2D`, ONNX `Pad`). */
export function paddedOutput(input: Shape, [[top, bottom], [left, right]]: Sides): Shape {
  const [batch = 0, height = 0, width = 0, channels = 0] = input;
  return [batch, top + height + bottom, left + width + right, channels];
}

/** The shape of the picture enlarged by whole factors (Keras `UpSampling2D`, ONNX `Resize` with whole scales). */
export function enlargedOutput(input: Shape, [down, across]: readonly [number, number]): Shape {
  const [batch = 0, height = 0, width = 0, channels = 0] = input;
  return [batch, height * down, width * across, channels];
}

/** One row per picture: `[batch, values per picture]` (Keras `Flatten`, ONNX `Flatten` with axis 1). */
export function flattenedOutput(input: Shape): Shape {
  return [input[0] ?? 0, sizeOf(input.slice(1))];
}

/** The same values in another shape, which leaves the batch out; a size of −1 is computed from the others (ONNX `Reshape`). */
export function reshapedOutput(input: Shape, shape: Shape): Shape {
  const values = sizeOf(input.slice(1));
  const known = sizeOf(shape.filter((size) => size !== -1));
  const open = shape.includes(-1);
  if (open ? values % known === 0 : values === known) {
    return [input[0] ?? 0, ...shape.map((size) => (size === -1 ? values / known : size))];
  }
  throw new ShapeError(
    `needs ${open ? 'a multiple of ' : ''}${known} values per picture for ${describeShape(shape)}, but ` +
      `${describeShape(input)} has ${values}: change shape, or the stages before it`,
  );
}

/** The shape of tensors concatenated along an axis; throws `ShapeError` unless the other sizes are equal (ONNX `Concat`). */
export function concatOutput(shapes: readonly Shape[], axis = -1): Shape {
  const [first = []] = shapes;
  const along = axis < 0 ? first.length + axis : axis;
  const fits = shapes.every(
    (shape) => shape.length === first.length && shape.every((size, i) => i === along || size === first[i]),
  );
  if (fits && along >= 1 && along < first.length)
    return first.map((size, i) => (i === along ? shapes.reduce((sum, shape) => sum + (shape[i] ?? 0), 0) : size));
  const but = axis === -1 ? 'the last' : `dimension ${axis}`;
  throw new ShapeError(
    `needs tensors whose sizes are equal in all dimensions but ${but}, but got ${shapes.map(describeShape).join(' and ')}: ` +
      "change a branch's strides or padding",
  );
}

/**
 * The shape of tensors merged value by value. In each dimension, sizes must be equal or 1 (NumPy's and ONNX's broadcasting,
 * at equal rank). Throws `ShapeError` naming the node `id` and the kind of merge.
 */
export function mergedOutput(id: string, kind: string, shapes: readonly Shape[], axis?: number): Shape {
  if (kind === 'concatenate') return concatOutput(shapes, axis);
  const [first = []] = shapes;
  const sizes = first.map((_, i) => shapes.reduce((most, shape) => Math.max(most, shape[i] ?? 0), 0));
  const fits = shapes.every(
    (shape) => shape.length === first.length && shape.every((size, i) => size === 1 || size === sizes[i]),
  );
  if (fits) return sizes;
  throw new ShapeError(
    `cannot ${kind} ${shapes.map(describeShape).join(' and ')} in node ${id}: the shapes differ; change the stages before it`,
  );
}

/** The shape of a batch and a constant without a batch, value by value: sizes are equal or 1, counted from the last dimension. */
export function broadcastOutput(input: Shape, constant: Shape): Shape {
  const from = input.length - constant.length;
  const fits =
    from >= 1 && constant.every((size, i) => size === 1 || input[from + i] === 1 || size === input[from + i]);
  if (fits) return input.map((size, i) => (size === 1 && i >= from ? (constant[i - from] ?? 1) : size));
  throw new ShapeError(
    `needs [batch, …] whose last dimensions fit a constant of ${describeShape(constant)}, but got ${describeShape(input)}`,
  );
}

/** The shape of a branch added to its shortcut; throws `ShapeError` unless their shapes are equal. */
export function sumOutput(branch: Shape, shortcut: Shape): Shape {
  if (branch.length === shortcut.length && branch.every((size, i) => size === shortcut[i])) return branch;
  throw new ShapeError(
    `cannot add its branch ${describeShape(branch)} to its shortcut ${describeShape(shortcut)}: change the branch's filters, ` +
      'strides or padding, or give a shortcut: a 1×1 convolution with the same filters and strides',
  );
}

/** Throws `ShapeError` unless the shape has these dimensions, each of at least 1. */
export function requireRank(shape: Shape, dimensions: readonly string[]): void {
  if (shape.length === dimensions.length && shape.every(isSize)) return;
  throw new ShapeError(`needs [${dimensions.join(', ')}], but got ${describeShape(shape)}`);
}

/** Throws `ShapeError` for a scalar and for an empty shape; the message says what the stage `needs`. */
export function requireValues(shape: Shape, needs: string): void {
  if (shape.length > 0 && shape.every(isSize)) return;
  throw new ShapeError(`needs ${needs}, but got ${describeShape(shape)}`);
}

/** The number of values in a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[1, 224, 224, 3]`. */
export function describeShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Whether two shapes are equal except for the batch, their first dimension. */
export function sameButBatch(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => i === 0 || size === b[i]);
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 1;
}
