import type { Activation } from '../../../stage/activations.ts';
import type { MathFunction } from '../../../stage/math-functions.ts';
import { activation } from '../../../stages/activation.ts';
import { number, text } from '../attributes.ts';
import { floats, permuted, single, type Constant } from '../constant.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Conversion, type Convert } from '../conversion.ts';
import { tensorShape } from '../value.ts';
import { elementwise, number as constant, withConstant } from './arithmetic.ts';

/** @internal For an operator that is an activation without settings. */
export function plain(kind: Activation | MathFunction): Convert {
  return (conversion) => elementwise(conversion, valueAt(conversion), activation(kind));
}

/** @internal For an activation whose only setting is `alpha`. */
export function withAlpha(kind: 'elu' | 'leakyRelu', otherwise: number): Convert {
  return (conversion) => {
    const alpha = number(conversion.node, 'alpha', otherwise);
    return elementwise(conversion, valueAt(conversion), activation(kind, { alpha }));
  };
}

/** @internal α elu(x / α). */
export const convertCelu: Convert = (conversion) => {
  const alpha = number(conversion.node, 'alpha', 1);
  const { build } = conversion;
  const value = valueAt(conversion);
  if (alpha === 1) return elementwise(conversion, value, activation('elu'));
  const scaled = withConstant(build, value, constant(1 / alpha), 'multiply', { suffix: 'scale' });
  const curved = elementwise(conversion, scaled, activation('elu'), 'elu');
  return withConstant(build, curved, constant(alpha), 'multiply');
};

/** @internal */
export const convertSelu: Convert = (conversion) => {
  const [alpha, gamma] = [number(conversion.node, 'alpha', 1.67326), number(conversion.node, 'gamma', 1.0507)];
  const value = valueAt(conversion);
  if (Math.abs(alpha - 1.67326) < 1e-4 && Math.abs(gamma - 1.0507) < 1e-4) {
    return elementwise(conversion, value, activation('selu'));
  }
  const curved = elementwise(conversion, value, activation('elu', { alpha }), 'elu');
  return withConstant(conversion.build, curved, constant(gamma), 'multiply');
};

/** @internal */
export const convertHardSigmoid: Convert = (conversion) => {
  const [alpha, beta] = [number(conversion.node, 'alpha', 0.2), number(conversion.node, 'beta', 0.5)];
  const value = valueAt(conversion);
  if (beta === 0.5) return elementwise(conversion, value, activation('hardSigmoid', { alpha }));
  const scaled = withConstant(conversion.build, value, constant(alpha), 'multiply', { suffix: 'scale' });
  const moved = withConstant(conversion.build, scaled, constant(beta), 'add', { suffix: 'add' });
  return elementwise(conversion, moved, activation('clip', { min: 0, max: 1 }));
};

/** @internal */
export const convertGelu: Convert = (conversion) => {
  const approximate = text(conversion.node, 'approximate', 'none') === 'tanh';
  return elementwise(conversion, valueAt(conversion), activation('gelu', { approximate }));
};

/** @internal The limits are attributes before version 11 of the operators. */
export const convertClip: Convert = (conversion) => {
  const { node } = conversion;
  const limit = (name: string, index: number) => {
    const given = node.attributes.has(name) ? number(node, name, 0) : undefined;
    const input = constantIfAny(conversion, index);
    const value = given ?? (input && single(input, name));
    // Exporters write the largest number of single precision for no limit.
    return value === undefined || Math.abs(value) > 3.4e38 ? undefined : value;
  };
  const [min, max] = [limit('min', 1), limit('max', 2)];
  const value = valueAt(conversion);
  if (min === 0 && max === 6) return elementwise(conversion, value, activation('relu6'));
  if (min === 0 && max === undefined) return elementwise(conversion, value, activation('relu'));
  if (min !== undefined && max !== undefined && min > max) throw unsupported('a min over max');
  const limits = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  return elementwise(conversion, value, activation('clip', limits));
};

/** @internal The slopes repeat along the dimensions where they have a size of 1. */
export const convertPRelu: Convert = (conversion) => {
  const value = valueAt(conversion);
  const slope = slopesFor(constantAt(conversion, 1), value.shape.length);
  const rest = value.shape.map((_, d) => d).filter((d) => !value.order.includes(d));
  const laid = permuted(slope, [...rest, ...value.order]);
  if (laid.shape.slice(0, rest.length).some((size) => size !== 1)) throw unsupported('a slope larger than its input');
  const sizes = laid.shape.slice(rest.length);
  const whole = tensorShape(value);
  const sharedAxes = sizes.flatMap((size, i) => (size === 1 && whole[i + 1] !== 1 ? [i + 1] : []));
  const stage = activation('prelu', { sharedAxes, weights: { alpha: floats(laid) } });
  return conversion.build.stage(value, stage, value);
};

function slopesFor(slope: Constant, rank: number): Constant {
  const more = rank - slope.shape.length;
  if (more < 0) throw unsupported(`a slope of ${slope.shape.length} dimensions`);
  return { ...slope, shape: [...new Array<number>(more).fill(1), ...slope.shape] };
}

/** @internal For an operator that does nothing to the values of a model that runs. */
export const unchanged: Convert = (conversion: Conversion) => valueAt(conversion);

/** @internal Between types of floats; a value has single precision everywhere. */
export const convertCast: Convert = (conversion) => {
  const to = number(conversion.node, 'to', 1);
  if (![1, 10, 11, 16].includes(to)) throw unsupported(`ONNX's type ${to} for computed values`);
  return valueAt(conversion);
};

/** @internal Dropout drops nothing outside of training. */
export const convertDropout: Convert = (conversion) => {
  const training = constantIfAny(conversion, 2);
  if (training && single(training, 'training_mode') !== 0) throw unsupported('training');
  return valueAt(conversion);
};
