import { describeShape, sizeOf } from '../../../stage/shape.ts';
import { pad as padStage } from '../../../stages/pad.ts';
import { slice } from '../../../stages/slice.ts';
import { zeroPad } from '../../../stages/zero-pad.ts';
import type { Builder } from '../builder.ts';
import { flag, list, number, text } from '../attributes.ts';
import { ints, single } from '../constant.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Convert } from '../conversion.ts';
import { shapeConstant } from '../fold.ts';
import {
  axisIn,
  axesOf,
  broadcastShape,
  flattenedTo,
  permutationOf,
  reshapedTo,
  slicesOf,
  squeezed,
  unsqueezed,
  type AxisSlice,
} from '../shapes.ts';
import { isValue, placeOf, sameList, type Operand, type Value } from '../value.ts';
import { withConstant } from './arithmetic.ts';

/** @internal */
export const convertReshape: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const wanted = list(node, 'shape') ?? Array.from(constantAt(conversion, 1).data);
  return build.reshape(value, reshapedTo(value.shape, wanted, flag(node, 'allowzero')));
};

/** @internal */
export const convertFlatten: Convert = (conversion) => {
  const value = valueAt(conversion);
  return conversion.build.reshape(value, flattenedTo(value.shape, number(conversion.node, 'axis', 1)));
};

/** @internal */
export const convertSqueeze: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const given = constantIfAny(conversion, 1);
  const axes = given ? Array.from(given.data) : list(node, 'axes');
  return build.reshape(value, squeezed(value.shape, axes));
};

/** @internal */
export const convertUnsqueeze: Convert = (conversion) => {
  const value = valueAt(conversion);
  const given = constantIfAny(conversion, 1);
  const axes = given ? Array.from(given.data) : (list(conversion.node, 'axes') ?? []);
  return conversion.build.reshape(value, unsqueezed(value.shape, axes));
};

/** @internal Only renames the dimensions: what needs them in their order brings them into it. */
export const convertTranspose: Convert = (conversion) => {
  const value = valueAt(conversion);
  const perm = permutationOf(conversion.node, value.shape.length);
  const shape = perm.map((dimension) => value.shape[dimension] ?? 1);
  return { ...value, shape, order: value.order.map((dimension) => perm.indexOf(dimension)) };
};

/** @internal The shape is known before anything runs. */
export const convertShape: Convert = (conversion) => shapeConstant(conversion.node, valueAt(conversion).shape);

/** @internal */
export const convertSize: Convert = (conversion) => ints([sizeOf(valueAt(conversion).shape)], []);

/** @internal The value with a dimension in its tensor, though it may have a size of 1. */
export function having(build: Builder, value: Value, dimension: number): Value {
  return value.order.includes(dimension) ? value : build.arrange(value, [...value.order, dimension]);
}

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

/** @internal Values one after the other along an axis. */
export function concatenated(build: Builder, values: readonly Value[], axis: number, suffix = ''): Value {
  const [first] = values as readonly [Value, ...Value[]];
  const shape = first.shape.with(
    axis,
    values.reduce((sum, value) => sum + (value.shape[axis] ?? 1), 0),
  );
  const real = (dimension: number) => dimension === axis || shape[dimension] !== 1;
  const kept = first.order.filter(real);
  const lacking = shape.map((_, dimension) => dimension).filter((d) => real(d) && !kept.includes(d));
  const order = [...kept, ...lacking];
  const arranged = values.map((value) => build.arrange(value, order));
  return build.merge(arranged, 'concatenate', { shape, order }, suffix, placeOf({ order }, axis));
}

/** @internal */
export const convertConcat: Convert = (conversion) => {
  const { inputs, build, node } = conversion;
  const all = inputs.filter((operand) => operand !== undefined);
  const axis = axisIn(all[0]?.shape ?? [], number(node, 'axis', 1));
  const fits = all.every(
    ({ shape }) =>
      shape.length === all[0]?.shape.length && shape.every((size, d) => d === axis || size === all[0]?.shape[d]),
  );
  if (!fits) throw unsupported(`inputs of ${all.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')}`);
  if (all.length === 1) return all[0] as Operand;
  if (all.every(isValue)) return concatenated(build, all, axis);
  return besideConstants(build, all, axis);
};

/** Values beside constants: the values get zeros in the places of the constants, which are then added. */
function besideConstants(build: Builder, all: readonly Operand[], axis: number): Value {
  const length = (operand: Operand) => operand.shape[axis] ?? 1;
  const total = all.reduce((sum, operand) => sum + length(operand), 0);
  const first = all.findIndex(isValue);
  const last = all.findLastIndex(isValue);
  const before = all.slice(0, first).reduce((sum, operand) => sum + length(operand), 0);
  const inside = all.slice(first, last + 1);
  if (!inside.every(isValue)) throw unsupported('a constant between two computed inputs');
  const joined = inside.length === 1 ? (inside[0] as Value) : concatenated(build, inside, axis, 'values');
  const value = having(build, joined, axis);
  const after = total - before - length(value);
  const padding = value.order.map((dimension) => (dimension === axis ? ([before, after] as const) : ([0, 0] as const)));
  const shape = value.shape.with(axis, total);
  const zeros = build.stage(value, padStage({ padding }), { shape, order: value.order }, 'pad');
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  build.count(outer * total * inner);
  const data = new Float32Array(outer * total * inner);
  let place = 0;
  for (const operand of all) {
    const run = length(operand) * inner;
    if (!isValue(operand)) {
      for (let o = 0; o < outer; o++) {
        data.set(operand.data.subarray(o * run, (o + 1) * run), o * total * inner + place);
      }
    }
    place += run;
  }
  return withConstant(build, zeros, { shape, kind: 'float', data }, 'add');
}

/** @internal Expand: repeats along dimensions of size 1. */
export const convertExpand: Convert = (conversion) => {
  const value = valueAt(conversion);
  const wanted = reshapedTo([], Array.from(constantAt(conversion, 1).data), true, false);
  const shape = broadcastShape(value.shape, wanted);
  if (sizeOf(shape) === sizeOf(value.shape)) return conversion.build.reshape(value, shape);
  conversion.build.count(sizeOf(shape));
  const data = new Float32Array(sizeOf(shape)).fill(0);
  return withConstant(conversion.build, value, { shape, kind: 'float', data }, 'add');
};

/** @internal Tile: the value beside itself. */
export const convertTile: Convert = (conversion) => {
  const { build } = conversion;
  const repeats = Array.from(constantAt(conversion, 1).data);
  const last = repeats.findLastIndex((times) => times !== 1);
  return repeats.reduce<Value>((value, times, axis) => {
    if (times === 1) return value;
    if (!Number.isSafeInteger(times) || times < 1 || times > MAX_RUNS) throw unsupported(`repeating ${times} times`);
    return concatenated(build, new Array<Value>(times).fill(value), axis, axis === last ? '' : 'part');
  }, valueAt(conversion));
};

/** @internal Pad: the padding is an attribute before version 11 of the operators. Values below 0 take away. */
export const convertPad: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const rank = value.shape.length;
  const [given, fill, axesGiven] = [1, 2, 3].map((index) => constantIfAny(conversion, index));
  const pads = given ? Array.from(given.data) : (list(node, 'pads') ?? list(node, 'paddings') ?? []);
  const axes = axesGiven ? axesOf(value.shape, Array.from(axesGiven.data)) : value.shape.map((_, d) => d);
  if (pads.length !== 2 * axes.length || pads.length > 2 * rank) throw unsupported(`padding of ${pads.length} numbers`);
  const around = value.shape.map((_, dimension): readonly [number, number] => {
    const i = axes.indexOf(dimension);
    return i < 0 ? [0, 0] : [pads[i] ?? 0, pads[i + axes.length] ?? 0];
  });
  const mode = text(node, 'mode', 'constant');
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'edge') throw unsupported(`mode ${mode}`);
  const constant = fill && mode === 'constant' ? single(fill, 'the value') : number(node, 'value', 0);
  const cut = sliced(build, value, around.flatMap(cutOf(value)), 'slice');
  const positive = around.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const);
  const isPadded = positive.flatMap((sides, dimension) => (sides[0] + sides[1] > 0 ? [dimension] : []));
  if (isPadded.length === 0) return cut;
  const whole = isPadded.reduce((one, dimension) => having(build, one, dimension), cut);
  const shape = whole.shape.map((size, d) => size + (positive[d]?.[0] ?? 0) + (positive[d]?.[1] ?? 0));
  const padding = whole.order.map((dimension) => positive[dimension] ?? ([0, 0] as const));
  const [rows, columns, channels] = padding;
  const isPicture = sameList(whole.order, [2, 3, 1]) && channels?.[0] === 0 && channels[1] === 0;
  const value0 = mode === 'constant' ? constant : 0;
  const stage =
    isPicture && rows && columns && mode === 'constant' && value0 === 0
      ? zeroPad({ padding: [rows, columns] })
      : padStage({ padding, mode, value: value0 });
  return build.stage(whole, stage, { shape, order: whole.order });
};

function cutOf({ shape }: Value) {
  return ([before, after]: readonly [number, number], axis: number): AxisSlice[] => {
    if (before >= 0 && after >= 0) return [];
    const [begin, end] = [Math.max(0, -before), (shape[axis] ?? 1) - Math.max(0, -after)];
    return [{ axis, begin, count: end - begin, step: 1 }];
  };
}

/** @internal DepthToSpace and SpaceToDepth as what they are defined by: a Reshape, a Transpose and another Reshape. */
export const convertSpaceToDepth: Convert = (conversion) => {
  const { build } = conversion;
  const value = valueAt(conversion);
  const n = number(conversion.node, 'blocksize', 1);
  const [batch = 1, channels = 1, height = 1, width = 1] = value.shape;
  const [rows, columns] = [height / n, width / n];
  if (value.shape.length !== 4) throw unsupported(`an input of ${describeShape(value.shape)}`);
  if (n < 1 || !Number.isSafeInteger(rows) || !Number.isSafeInteger(columns))
    throw unsupported(`blocks of ${n} in ${height} × ${width}`);
  const split = build.reshape(value, [batch, channels, rows, n, columns, n], 'split');
  const perm = [0, 3, 5, 1, 2, 4];
  const moved = {
    ...split,
    shape: perm.map((d) => split.shape[d] ?? 1),
    order: split.order.map((d) => perm.indexOf(d)),
  };
  return build.reshape(moved, [batch, channels * n * n, rows, columns]);
};
