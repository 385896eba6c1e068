import { sizeOf } from '../../../stage/shape.ts';
import { activation } from '../../../stages/activation.ts';
import { reduce, type ReduceOptions } from '../../../stages/reduce.ts';
import { softmax } from '../../../stages/softmax.ts';
import type { Builder } from '../builder.ts';
import { flag, list, number } from '../attributes.ts';
import { constantIfAny, valueAt, type Convert } from '../conversion.ts';
import { axesOf, axisIn } from '../shapes.ts';
import { placeOf, realDimensions, tensorShape, type Value } from '../value.ts';
import { withValue } from './arithmetic.ts';

type Kind = ReduceOptions['kind'];

/** @internal Makes one value of the values along some dimensions. */
export function reduced(
  build: Builder,
  value: Value,
  kind: Kind,
  dimensions: readonly number[],
  { keepDims = true, suffix = '' } = {},
): Value {
  const kept = value.shape.map((size, dimension) => (dimensions.includes(dimension) ? 1 : size));
  const shape = keepDims ? kept : kept.filter((_, dimension) => !dimensions.includes(dimension));
  const left = value.shape.map((_, dimension) => dimension).filter((dimension) => !dimensions.includes(dimension));
  const renamed = (dimension: number) => (keepDims ? dimension : left.indexOf(dimension));
  const axes = dimensions.filter((dimension) => value.order.includes(dimension)).map((d) => placeOf(value, d));
  const order = value.order.filter((dimension) => !dimensions.includes(dimension)).map(renamed);
  if (axes.length === 0) return { ...value, shape, order };
  return build.stage(value, reduce({ kind, axes }), { shape, order }, suffix);
}

/** @internal For an operator that reduces. `before` and `after` are functions of each value. */
export function reducing(kind: Kind, before?: 'abs' | 'square' | 'exponential', after?: 'sqrt' | 'log'): Convert {
  return (conversion) => {
    const { node, build } = conversion;
    const value = valueAt(conversion);
    const given = constantIfAny(conversion, 1);
    const wanted = given ? Array.from(given.data) : list(node, 'axes');
    const empty = wanted === undefined || wanted.length === 0;
    const dimensions =
      empty && flag(node, 'noop_with_empty_axes') ? [] : axesOf(value.shape, empty ? undefined : wanted);
    const prepared = before ? apply(build, value, before, before) : value;
    const keepDims = flag(node, 'keepdims', true);
    const result = reduced(build, prepared, kind, dimensions, { keepDims, suffix: after ? kind : '' });
    return after ? apply(build, result, after, '') : result;
  };
}

/** @internal ln Σ eˣ, without overflow: the largest value is subtracted first. */
export const convertReduceLogSumExp: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const given = constantIfAny(conversion, 1);
  const dimensions = axesOf(value.shape, given ? Array.from(given.data) : list(node, 'axes'));
  const most = reduced(build, value, 'maximum', dimensions, { suffix: 'maximum' });
  const logs = withValue(build, logSum(build, value, most, dimensions), most, 'add');
  if (flag(node, 'keepdims', true)) return logs;
  return build.reshape(
    logs,
    logs.shape.filter((_, dimension) => !dimensions.includes(dimension)),
    'reshape',
  );
};

/** ln Σ e^(x − most). */
function logSum(build: Builder, value: Value, most: Value, dimensions: readonly number[]): Value {
  const apart = withValue(build, value, most, 'subtract', 'apart');
  const sums = reduced(build, apply(build, apart, 'exponential', 'powers'), 'sum', dimensions, { suffix: 'sum' });
  return apply(build, sums, 'log', 'log');
}

function apply(build: Builder, value: Value, kind: Parameters<typeof activation>[0], suffix: string): Value {
  return build.stage(value, activation(kind), value, suffix);
}

/** A function along an axis; before version 13 of the operators, of all values from that axis on together. */
function alongAxis(f: (build: Builder, value: Value, dimension: number) => Value): Convert {
  return (conversion) => {
    const { node, build, opset } = conversion;
    const value = valueAt(conversion);
    const axis = axisIn(value.shape, number(node, 'axis', opset < 13 ? 1 : -1));
    if (opset >= 13) return f(build, value, axis);
    const together = realDimensions(value.shape).filter((dimension) => dimension >= axis);
    if (together.length < 2) return f(build, value, together[0] ?? axis);
    const flat = [sizeOf(value.shape.slice(0, axis)), sizeOf(value.shape.slice(axis))];
    return build.reshape(f(build, build.reshape(value, flat, 'flat'), 1), value.shape, 'reshape');
  };
}

/** @internal */
export const convertSoftmax = alongAxis((build, value, dimension) => {
  const from = build.having(value, dimension);
  const place = placeOf(from, dimension);
  const axis = place === tensorShape(from).length - 1 ? -1 : place;
  return build.stage(from, softmax({ axis }), from);
});

/** @internal x − max − ln Σ e^(x − max). */
export const convertLogSoftmax = alongAxis((build, value, dimension) => {
  const from = build.having(value, dimension);
  const most = reduced(build, from, 'maximum', [dimension], { suffix: 'maximum' });
  const logs = logSum(build, from, most, [dimension]);
  return withValue(build, withValue(build, from, most, 'subtract', 'difference'), logs, 'subtract');
});
