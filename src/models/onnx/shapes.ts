import { ShapeError, WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { MAX_RANK } from '../limits.ts';
import { list } from './attributes.ts';
import type { Constant } from './constant.ts';
import type { OnnxNode } from './onnx-file.ts';

// The arithmetic of ONNX's shapes, where the first dimension is like the others.

/** @internal The axis counted from 0; throws `WeightsError` for one that the shape has not. */
export function axisIn(shape: Shape, axis: number): number {
  const found = axis < 0 ? shape.length + axis : axis;
  if (Number.isSafeInteger(found) && found >= 0 && found < shape.length) return found;
  throw new WeightsError(`has axis ${axis}, but its input is ${describeShape(shape)}`);
}

/** @internal Axes counted from 0; all of them where none are given. Throws `WeightsError` for more axes than there are. */
export function axesOf(shape: Shape, axes: readonly number[] | undefined): number[] {
  if (axes && axes.length > shape.length) {
    throw new WeightsError(`has ${axes.length} axes, but its input is ${describeShape(shape)}`);
  }
  return [...new Set((axes ?? shape.map((_, d) => d)).map((axis) => axisIn(shape, axis)))];
}

/** @internal The shape that both are repeated to; throws `ShapeError` where they cannot be. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => {
    const [m, n] = [a[d - rank + a.length] ?? 1, b[d - rank + b.length] ?? 1];
    if (m === n || m === 1 || n === 1) return m === 1 ? n : m;
    throw new ShapeError(`cannot combine ${describeShape(a)} and ${describeShape(b)}: the shapes differ`);
  });
}

/** @internal The shape that a Reshape gives: 0 keeps a size, −1 is computed from the others. Throws `WeightsError`. */
export function reshapedTo(from: Shape, wanted: readonly number[], allowZero = false, sameSize = true): Shape {
  const sizes = wanted.map((size, d) => (size === 0 && !allowZero ? (from[d] ?? -2) : size));
  const known = sizeOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 && known > 0 ? sizeOf(from) / known : size));
  const good = shape.every((size) => Number.isSafeInteger(size) && size >= 0) && shape.length <= MAX_RANK;
  if (good && (!sameSize || sizeOf(shape) === sizeOf(from))) return shape;
  throw new WeightsError(`reshapes ${describeShape(from)} to ${describeShape(wanted)}`);
}

/** @internal What a Slice takes along one axis. */
export interface AxisSlice {
  readonly axis: number;
  readonly begin: number;
  readonly count: number;
  readonly step: number;
}

/** @internal The parts that a Slice takes, by attributes (before version 10 of the operators) or by inputs. */
export function slicesOf(node: OnnxNode, shape: Shape, inputs: readonly (Constant | undefined)[]): AxisSlice[] {
  const values = (constant: Constant | undefined) => constant && Array.from(constant.data);
  const starts = list(node, 'starts') ?? values(inputs[0]) ?? [];
  const ends = list(node, 'ends') ?? values(inputs[1]) ?? [];
  const axes = list(node, 'axes') ?? values(inputs[2]) ?? starts.map((_, i) => i);
  const steps = values(inputs[3]) ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw new WeightsError('has starts, ends, axes and steps of different lengths');
  }
  return starts.map((start, i) => {
    const axis = axisIn(shape, axes[i] ?? 0);
    const [length, step] = [shape[axis] ?? 0, steps[i] ?? 1];
    if (step === 0) throw new WeightsError('has a step of 0');
    const place = (value: number) => (value < 0 ? value + length : value);
    const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
    const begin = Math.min(most, Math.max(step > 0 ? 0 : -1, place(start)));
    const end = Math.min(most, Math.max(least, place(ends[i] ?? 0)));
    return { axis, begin, count: Math.max(0, Math.ceil((end - begin) / step)), step };
  });
}

/** @internal The permutation of a Transpose. */
export function permutationOf(node: OnnxNode, rank: number): readonly number[] {
  const each = Array.from({ length: rank }, (_, d) => d);
  const perm = list(node, 'perm') ?? each.toReversed();
  if (perm.length === rank && each.every((d) => perm.includes(d))) return perm;
  throw new WeightsError(`perm ${describeShape(perm)} is no permutation of ${rank} dimensions`);
}

/** @internal The shape with sizes of 1 put in. */
export function unsqueezed(shape: Shape, axes: readonly number[]): Shape {
  const rank = shape.length + axes.length;
  const places = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const good = places.every((place) => Number.isSafeInteger(place) && place >= 0 && place < rank);
  if (!good || new Set(places).size < places.length || rank > MAX_RANK) {
    throw new WeightsError(`axes ${describeShape(axes)} do not fit ${describeShape(shape)}`);
  }
  let next = 0;
  return Array.from({ length: rank }, (_, d) => (places.includes(d) ? 1 : (shape[next++] ?? 1)));
}

/** @internal The shape without these dimensions of size 1, or without all of them. Throws `WeightsError` for another size. */
export function squeezed(shape: Shape, axes: readonly number[] | undefined): Shape {
  const left = axes ? axesOf(shape, axes) : shape.flatMap((size, dimension) => (size === 1 ? [dimension] : []));
  const other = left.find((axis) => shape[axis] !== 1);
  if (other === undefined) return shape.filter((_, dimension) => !left.includes(dimension));
  throw new WeightsError(`squeezes dimension ${other} of ${describeShape(shape)}, whose size is not 1`);
}

/** @internal The shape that a Flatten gives: the sizes before an axis, and those from it on, each as one. */
export function flattenedTo(shape: Shape, axis: number): Shape {
  const at = axis === shape.length ? axis : axisIn(shape, axis);
  return [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))];
}
