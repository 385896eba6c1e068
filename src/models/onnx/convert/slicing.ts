import { slice } from '../../../stages/slice.ts';
import { list, number } from '../attributes.ts';
import type { Builder } from '../builder.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Convert } from '../conversion.ts';
import { axisIn, slicesOf, type AxisSlice } from '../shapes.ts';
import { sameList, type Value } from '../value.ts';
import { concatenated } from './joining.ts';

/** @internal Takes a part of a value. */
export function sliced(build: Builder, value: Value, slices: readonly AxisSlice[], suffix = ''): Value {
  const shape = [...value.shape];
  const begin = value.order.map(() => 0);
  const size = value.order.map((dimension) => value.shape[dimension] ?? 1);
  const strides = value.order.map(() => 1);
  for (const { axis, begin: first, count, step } of slices) {
    if (count < 1) throw unsupported('a part without any values');
    shape[axis] = count;
    const at = value.order.indexOf(axis);
    if (at < 0) continue;
    [begin[at], size[at], strides[at]] = [first, count, step];
  }
  const whole = sameList(shape, value.shape) && strides.every((step) => step === 1);
  if (whole) return value;
  return build.stage(value, slice({ begin, size, strides }), { shape, order: value.order }, suffix);
}

/** @internal */
export const convertSlice: Convert = (conversion) => {
  const value = valueAt(conversion);
  const given = [1, 2, 3, 4].map((index) => constantIfAny(conversion, index));
  return sliced(conversion.build, value, slicesOf(conversion.node, value.shape, given));
};

/** @internal */
export const convertSplit: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const axis = axisIn(value.shape, number(node, 'axis', 0));
  const length = value.shape[axis] ?? 1;
  const given = constantIfAny(conversion, 1);
  const parts = node.outputs.length;
  const equal = Math.ceil(length / parts);
  const sizes =
    (given && Array.from(given.data)) ??
    list(node, 'split') ??
    Array.from({ length: parts }, (_, i) => Math.min(equal, length - i * equal));
  if (sizes.length !== parts || sizes.reduce((a, b) => a + b, 0) !== length) {
    throw unsupported(`a split of ${length} into ${sizes.join(' + ')}`);
  }
  let begin = 0;
  return sizes.map((count, i) => {
    const slices = [{ axis, begin, count, step: 1 }];
    begin += count;
    return sliced(build, value, slices, i === parts - 1 ? '' : `part${i + 1}`);
  });
};

/** @internal Gather with constant indices. */
export const convertGather: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const axis = axisIn(value.shape, number(node, 'axis', 0));
  const length = value.shape[axis] ?? 1;
  const indices = constantAt(conversion, 1);
  const places = Array.from(indices.data, (index) => (index < 0 ? index + length : index));
  if (places.length === 0 || !places.every((place) => place >= 0 && place < length)) {
    throw unsupported(`indices outside of ${length} values`);
  }
  const runs = runsOf(places);
  const parts = runs.map(({ first, count, step }, i) => {
    const suffix = runs.length === 1 ? '' : `part${i + 1}`;
    return sliced(build, value, [{ axis, begin: first, count, step }], suffix);
  });
  const joined = parts.length === 1 ? (parts[0] as Value) : concatenated(build, parts, axis);
  const shape = [...value.shape.slice(0, axis), ...indices.shape, ...value.shape.slice(axis + 1)];
  return build.reshape(joined, shape, 'shape');
};

/** The most slices that one Gather may become. */
const MAX_RUNS = 64;

/** Indices at equal distances, one run after the other. */
function runsOf(places: readonly number[]): { first: number; count: number; step: number }[] {
  const runs: { first: number; count: number; step: number }[] = [];
  for (const place of places) {
    const run = runs.at(-1);
    const step = run ? place - (run.first + (run.count - 1) * run.step) : 0;
    if (run && step !== 0 && (run.count === 1 || step === run.step)) [run.count, run.step] = [run.count + 1, step];
    else if (runs.push({ first: place, count: 1, step: 1 }) > MAX_RUNS) throw unsupported(`over ${MAX_RUNS} parts`);
  }
  return runs;
}
