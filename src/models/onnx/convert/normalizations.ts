import { activation } from '../../../stages/activation.ts';
import { batchNorm } from '../../../stages/batch-norm.ts';
import { groupNorm } from '../../../stages/group-norm.ts';
import { localResponseNorm } from '../../../stages/local-response-norm.ts';
import { flag, number } from '../attributes.ts';
import { floats } from '../constant.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Convert } from '../conversion.ts';
import { axisIn } from '../shapes.ts';
import { number as constant, withConstant, withValue } from './arithmetic.ts';
import { throughPictures } from './pictures.ts';
import { reduced } from './reductions.ts';

/** @internal With the mean and variance of the training. Channels are ONNX's dimension 1. */
export const convertBatchNormalization: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const isTraining = flag(node, 'training_mode') || node.outputs.slice(1).some((output) => output !== '');
  if (isTraining) throw unsupported('training');
  if (!flag(node, 'spatial', true)) throw unsupported('spatial 0');
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => floats(constantAt(conversion, index))) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const from = build.arrange(value, [...value.order.filter((dimension) => dimension !== 1), 1]);
  const epsilon = number(node, 'epsilon', 1e-5);
  const stage = batchNorm({ epsilon, weights: { gamma, beta, mean, variance } });
  return build.stage(from, stage, from);
};

/** @internal */
export const convertInstanceNormalization: Convert = (conversion) => {
  const [gamma, beta] = [floats(constantAt(conversion, 1)), floats(constantAt(conversion, 2))];
  const epsilon = number(conversion.node, 'epsilon', 1e-5);
  const stage = groupNorm({ groups: -1, epsilon, weights: { gamma, beta } });
  return throughPictures(conversion, valueAt(conversion), stage);
};

/** @internal Before version 21 of the operators, scale and bias have one number for each group. */
export const convertGroupNormalization: Convert = (conversion) => {
  const { node } = conversion;
  const value = valueAt(conversion);
  const groups = number(node, 'num_groups', 1);
  const channels = value.shape[1] ?? 1;
  const [gamma, beta] = [1, 2].map((index) => {
    const given = floats(constantAt(conversion, index));
    return Float32Array.from({ length: channels }, (_, c) => given[Math.floor((c * given.length) / channels)] ?? 0);
  }) as [Float32Array, Float32Array];
  const stage = groupNorm({ groups, epsilon: number(node, 'epsilon', 1e-5), weights: { gamma, beta } });
  return throughPictures(conversion, value, stage);
};

/** @internal Over all dimensions from `axis` on. */
export const convertLayerNormalization: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const axis = axisIn(value.shape, number(node, 'axis', -1));
  const dimensions = value.shape.map((_, dimension) => dimension).filter((dimension) => dimension >= axis);
  const [scale, bias] = [constantAt(conversion, 1), constantIfAny(conversion, 2)];
  const mean = reduced(build, value, 'mean', dimensions, { suffix: 'mean' });
  const apart = withValue(build, value, mean, 'subtract', 'apart');
  const squares = build.stage(apart, activation('square'), apart, 'square');
  const variance = reduced(build, squares, 'mean', dimensions, { suffix: 'variance' });
  const epsilon = constant(number(node, 'epsilon', 1e-5));
  const more = withConstant(build, variance, epsilon, 'add', { suffix: 'epsilon' });
  const deviation = build.stage(more, activation('sqrt'), more, 'deviation');
  const normal = withValue(build, apart, deviation, 'divide', 'normal');
  const scaled = withConstant(build, normal, scale, 'multiply', { suffix: bias ? 'scale' : '' });
  return bias ? withConstant(build, scaled, bias, 'add') : scaled;
};

/** @internal */
export const convertLrn: Convert = (conversion) => {
  const { node } = conversion;
  const stage = localResponseNorm({
    size: number(node, 'size', 1),
    alpha: number(node, 'alpha', 1e-4),
    beta: number(node, 'beta', 0.75),
    bias: number(node, 'bias', 1),
  });
  return throughPictures(conversion, valueAt(conversion), stage);
};

/** @internal x / √Σx² along an axis. */
export const convertLpNormalization: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const p = number(node, 'p', 2);
  if (p !== 1 && p !== 2) throw unsupported(`p ${p}`);
  const axis = axisIn(value.shape, number(node, 'axis', -1));
  const sizes = build.stage(value, activation(p === 1 ? 'abs' : 'square'), value, 'size');
  const sum = reduced(build, sizes, 'sum', [axis], { suffix: 'sum' });
  const length = p === 1 ? sum : build.stage(sum, activation('sqrt'), sum, 'root');
  return withValue(build, value, length, 'divide');
};
