import type { Shape } from '../../stage/shape.ts';
import type { Constant } from './constant.ts';

/**
 * @internal A value of a graph that is not known before it runs: what a node of the pipeline gives for one picture.
 *
 * ONNX's shape of it has a first dimension of one picture; the pipeline's tensor has the batch there, and after it the
 * dimensions of `order`, one after the other. Those that `order` leaves out have a size of 1. So a picture in ONNX's layout,
 * `[1, channels, height, width]`, whose tensor is `[batch, height, width, channels]`, has the order `[2, 3, 1]`; a row
 * `[1, values]` has the order `[1]`. What only renames dimensions (Transpose, Squeeze, many a Reshape) thus needs no stage.
 */
export interface Value {
  readonly id: string;
  readonly shape: Shape;
  readonly order: readonly number[];
}

/** @internal What a node takes: a value, or a constant. */
export type Operand = Value | Constant;

/** @internal Whether an operand is not a constant. */
export function isValue(operand: Operand | undefined): operand is Value {
  return operand !== undefined && 'order' in operand;
}

/** @internal The shape of the pipeline's tensor. */
export function tensorShape({ shape, order }: Pick<Value, 'shape' | 'order'>): Shape {
  return [1, ...order.map((dimension) => shape[dimension] ?? 1)];
}

/** @internal The dimension of the pipeline's tensor that a dimension of ONNX's shape is; 0 if it is left out. */
export function placeOf({ order }: Pick<Value, 'order'>, dimension: number): number {
  return order.indexOf(dimension) + 1;
}

/** @internal Whether two lists are equal. */
export function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** @internal The dimensions of more than one value. */
export function realDimensions(shape: Shape): number[] {
  return shape.flatMap((size, dimension) => (size === 1 ? [] : [dimension]));
}

/** @internal Dimensions of one shape that hold the same values as dimensions of another shape, in the same order. */
export interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/**
 * @internal Splits a reshape into the smallest blocks of dimensions that are reshaped apart from each other. Both shapes hold as
 * many values.
 */
export function reshapeBlocks(from: Shape, to: Shape): Block[] {
  const [left, right] = [realDimensions(from), realDimensions(to)];
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < left.length) {
    const [start, first] = [i, j];
    let a = from[left[i++] ?? 0] ?? 1;
    let b = to[right[j++] ?? 0] ?? 1;
    while (a !== b) {
      if (a < b) a *= from[left[i++] ?? 0] ?? 1;
      else b *= to[right[j++] ?? 0] ?? 1;
    }
    blocks.push({ from: left.slice(start, i), to: right.slice(first, j) });
  }
  return blocks;
}
