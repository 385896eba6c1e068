import { sizeOf } from '../../../stage/shape.ts';
import { pad as padStage } from '../../../stages/pad.ts';
import { number } from '../attributes.ts';
import type { Builder } from '../builder.ts';
import { constantAt, unsupported, valueAt, type Convert } from '../conversion.ts';
import { axisIn, broadcastShape, reshapedTo } from '../shapes.ts';
import { isValue, placeOf, type Operand, type Value } from '../value.ts';
import { withConstant } from './arithmetic.ts';

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
  const value = build.having(joined, axis);
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

/** How often a value may be repeated along an axis. */
const MAX_REPEATS = 64;

/** @internal Tile: the value beside itself. */
export const convertTile: Convert = (conversion) => {
  const { build } = conversion;
  const repeats = Array.from(constantAt(conversion, 1).data);
  const last = repeats.findLastIndex((times) => times !== 1);
  return repeats.reduce<Value>((value, times, axis) => {
    if (times === 1) return value;
    if (!Number.isSafeInteger(times) || times < 1 || times > MAX_REPEATS) throw unsupported(`repeating ${times} times`);
    return concatenated(build, new Array<Value>(times).fill(value), axis, axis === last ? '' : 'part');
  }, valueAt(conversion));
};
