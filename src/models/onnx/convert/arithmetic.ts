import type { Merge } from '../../../stage/merge.ts';
import type { AnyStage } from '../../../stage/stage.ts';
import { sizeOf, type Shape } from '../../../stage/shape.ts';
import { activation } from '../../../stages/activation.ts';
import { arithmetic, type ArithmeticOptions } from '../../../stages/arithmetic.ts';
import type { Builder } from '../builder.ts';
import { floats, permuted, type Constant } from '../constant.ts';
import { unsupported, type Conversion, type Convert } from '../conversion.ts';
import { broadcastShape } from '../shapes.ts';
import { isValue, realDimensions, tensorShape, type Operand, type Value } from '../value.ts';

type Operation = ArithmeticOptions['operation'];

/** @internal A value with sizes of 1 put before its shape, so that it has the rank of another one. */
function ofRank<T extends Operand>(operand: T, rank: number): T {
  const more = rank - operand.shape.length;
  if (more === 0) return operand;
  const shape = [...new Array<number>(more).fill(1), ...operand.shape];
  return isValue(operand)
    ? { ...operand, shape, order: operand.order.map((dimension) => dimension + more) }
    : { ...operand, shape };
}

/** The order of the larger of some values, with all dimensions that the result has. */
function orderFor(values: readonly Value[], shape: Shape): number[] {
  const largest = values.reduce((a, b) => (sizeOf(tensorShape(b)) > sizeOf(tensorShape(a)) ? b : a));
  const lacking = realDimensions(shape).filter((dimension) => !largest.order.includes(dimension));
  return [...largest.order, ...lacking];
}

/** @internal A value and a constant, value by value. */
export function withConstant(
  build: Builder,
  given: Value,
  constant: Constant,
  operation: Operation,
  { reversed = false, suffix = '' } = {},
): Value {
  const shape = broadcastShape(given.shape, constant.shape);
  const value = ofRank(given, shape.length);
  const order = orderFor([value], shape);
  const arranged = build.arrange(value, order);
  const rest = shape.map((_, dimension) => dimension).filter((dimension) => !order.includes(dimension));
  const laid = permuted(ofRank(constant, shape.length), [...rest, ...order]);
  const sizes = laid.shape.slice(rest.length);
  const leading = sizes.findIndex((size) => size !== 1);
  const told = { operation, reversed, shape: leading < 0 ? [] : sizes.slice(leading) };
  const stage = arithmetic({ ...told, weights: { value: floats(laid) } });
  return build.stage(arranged, stage, { shape, order }, suffix);
}

/** @internal Two values, value by value. */
export function withValue(
  build: Builder,
  a: Value,
  b: Value,
  merge: Exclude<Merge, 'concatenate'>,
  suffix = '',
): Value {
  const shape = broadcastShape(a.shape, b.shape);
  const both = [a, b].map((value) => ofRank(value, shape.length));
  const order = orderFor(both, shape);
  const values = both.map((value) => build.arrange(value, order));
  return build.merge(values, merge, { shape, order }, suffix);
}

/** @internal Two operands, of which at least one is a value. */
export function combined(build: Builder, a: Operand, b: Operand, operation: Operation, suffix = ''): Value {
  if (isValue(a) && isValue(b)) {
    if (operation === 'power') throw unsupported('an exponent that is computed');
    return withValue(build, a, b, operation, suffix);
  }
  if (isValue(a) && !isValue(b)) return withConstant(build, a, b, operation, { suffix });
  return withConstant(build, b as Value, a as Constant, operation, { reversed: true, suffix });
}

/** @internal For an operator that combines two or more inputs, one after the other. */
export function combining(operation: Operation): Convert {
  return ({ inputs, build }) => {
    const all = inputs.filter((operand) => operand !== undefined);
    // Constants last, so that at least one of the two is always a value.
    const sorted = all.length > 2 ? [...all.filter(isValue), ...all.filter((operand) => !isValue(operand))] : all;
    const [first, ...others] = sorted as [Operand, ...Operand[]];
    if (others.length === 0) return first;
    return others.reduce(
      (sum, operand, i) => combined(build, sum, operand, operation, i < others.length - 1 ? 'part' : ''),
      first,
    );
  };
}

/** @internal Mean of several inputs. */
export const convertMean: Convert = (conversion) => {
  const { inputs, build } = conversion;
  const sum = combining('add')(conversion) as Operand;
  if (inputs.length === 1 || !isValue(sum)) return sum;
  return withConstant(build, sum, number(1 / inputs.length), 'multiply', { suffix: 'mean' });
};

/** @internal Pow, with a constant exponent. */
export const convertPow: Convert = ({ inputs: [base, exponent], build }) => {
  if (!base || !exponent) throw unsupported('a power without an exponent');
  if (isValue(base) && !isValue(exponent) && exponent.data.length === 1) {
    const plain = { 0.5: 'sqrt', 1: 'linear', 2: 'square', [-1]: 'reciprocal' } as const;
    const kind = plain[exponent.data[0] as keyof typeof plain];
    if (kind && exponent.shape.length <= base.shape.length) return build.stage(base, activation(kind), base);
  }
  return combined(build, base, exponent, 'power');
};

/** @internal A constant of one number. */
export function number(value: number): Constant {
  return { shape: [], kind: 'float', data: Float32Array.of(value) };
}

/** @internal Adds a stage that keeps the shape of its input. */
export function elementwise({ build }: Pick<Conversion, 'build'>, value: Value, stage: unknown, suffix = ''): Value {
  return build.stage(value, stage as AnyStage, value, suffix);
}
