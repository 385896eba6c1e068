import { describeShape, sizeOf } from '../../../stage/shape.ts';
import { conv2d } from '../../../stages/conv2d.ts';
import { dense } from '../../../stages/dense.ts';
import type { Builder } from '../builder.ts';
import { flag, number } from '../attributes.ts';
import { floats, permuted, type Constant } from '../constant.ts';
import { unsupported, type Convert } from '../conversion.ts';
import { isValue, type Value } from '../value.ts';
import { withConstant, withValue } from './arithmetic.ts';

/**
 * @internal Multiplies the values along one dimension by a matrix, `[values, units]`: a fully connected layer for each place in
 * the other dimensions, computed as a 1×1 convolution where there are any.
 */
export function linear(
  build: Builder,
  value: Value,
  dimension: number,
  kernel: Constant,
  { bias, suffix = '' }: { readonly bias?: Float32Array | undefined; readonly suffix?: string } = {},
): Value {
  const [inputs = 0, units = 0] = kernel.shape;
  if (value.shape[dimension] !== inputs) {
    throw unsupported(`a matrix of ${describeShape(kernel.shape)} for ${describeShape(value.shape)}`);
  }
  const weights = { kernel: floats(kernel), ...(bias ? { bias } : {}) };
  const told = { useBias: bias !== undefined, weights };
  const rest = value.order.filter((d) => d !== dimension && value.shape[d] !== 1);
  const from = build.arrange(value, [...rest, dimension]);
  const result = { shape: value.shape.with(dimension, units), order: [...rest, dimension] };
  if (rest.length === 0) return build.stage(from, dense({ units, ...told }), result, suffix);
  // As pictures of one row: the shape names the dimensions of the tensor from here on.
  const sizes = rest.map((d) => value.shape[d] ?? 1);
  const places = sizes.map((_, i) => i);
  const named = { ...from, shape: [...sizes, inputs], order: [...places, rest.length] };
  const row = build.arrange(build.reshape(named, [1, sizeOf(sizes), inputs], 'row'), [0, 1, 2]);
  const stage = conv2d({ filters: units, kernelSize: 1, ...told });
  const mixed = build.stage(row, stage, { shape: [1, sizeOf(sizes), units], order: [0, 1, 2] }, suffix);
  const back = build.reshape(mixed, [...sizes, units], suffix ? `${suffix}.reshape` : 'reshape');
  // A size of 1 has left the order.
  return { ...back, shape: result.shape, order: back.order.map((place) => result.order[place] ?? dimension) };
}

/** @internal Gemm: α A B + β C, where B is a constant. */
export const convertGemm: Convert = ({ node, inputs: [a, b, c], build }) => {
  if (!isValue(a) || !b || isValue(b)) throw unsupported('a product of which the second factor is computed');
  const [alpha, beta] = [number(node, 'alpha', 1), number(node, 'beta', 1)];
  const kernel = times(flag(node, 'transB') ? permuted(b, [1, 0]) : b, alpha);
  const value = flag(node, 'transA') ? turned(a) : a;
  const units = kernel.shape[1] ?? 0;
  const added = c && !isValue(c) ? times(c, beta) : undefined;
  const bias = added && biasOf(added, units);
  const last = !c || bias !== undefined;
  const product = linear(build, value, 1, kernel, { bias, suffix: last ? '' : 'product' });
  if (last) return product;
  if (!isValue(c)) return withConstant(build, product, added as Constant, 'add');
  const scaled =
    beta === 1 ? c : withConstant(build, c, { shape: [], kind: 'float', data: Float32Array.of(beta) }, 'multiply');
  return withValue(build, product, scaled, 'add');
};

/** A matrix with its rows as columns. */
function turned(value: Value): Value {
  return { ...value, shape: value.shape.toReversed(), order: value.order.map((dimension) => 1 - dimension) };
}

function times(constant: Constant, factor: number): Constant {
  if (factor === 1) return constant;
  return { ...constant, kind: 'float', data: Float32Array.from(constant.data, (value) => value * factor) };
}

/** A constant as one number for each unit; undefined if it differs from row to row. */
function biasOf(constant: Constant, units: number): Float32Array | undefined {
  const { shape, data } = constant;
  if (data.length === 1) return new Float32Array(units).fill(data[0] as number);
  return shape.at(-1) === units && data.length === units ? floats(constant) : undefined;
}

/** @internal MatMul, where one of the two is a constant matrix. */
export const convertMatMul: Convert = ({ inputs: [a, b], build }) => {
  if (isValue(a) && b && !isValue(b)) {
    const matrix = matrixOf(b.shape.length === 1 ? { ...b, shape: [b.shape[0] ?? 0, 1] } : b);
    const rank = Math.max(a.shape.length, b.shape.length);
    const product = linear(build, withRank(a, rank), rank - 1, matrix);
    return b.shape.length === 1 ? build.reshape(product, a.shape.slice(0, -1), 'reshape') : product;
  }
  if (isValue(b) && a && !isValue(a) && a.shape.length > 1 && b.shape.length > 1) {
    const rank = Math.max(a.shape.length, b.shape.length);
    return linear(build, withRank(b, rank), rank - 2, permuted(matrixOf(a), [1, 0]));
  }
  throw unsupported('a product of two computed values');
};

function withRank(value: Value, rank: number): Value {
  const more = rank - value.shape.length;
  const shape = [...new Array<number>(more).fill(1), ...value.shape];
  return { ...value, shape, order: value.order.map((dimension) => dimension + more) };
}

/** A constant whose dimensions but the last two have a size of 1. */
function matrixOf(constant: Constant): Constant {
  const { shape } = constant;
  if (shape.slice(0, -2).every((size) => size === 1)) return { ...constant, shape: shape.slice(-2) };
  throw unsupported(`a product with a constant of ${describeShape(shape)}`);
}
