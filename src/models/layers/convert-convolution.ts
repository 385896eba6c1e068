import { sizeOf, type Shape } from '../../stage/shape.ts';
import { conv2d } from '../../stages/conv2d.ts';
import { conv2dTranspose } from '../../stages/conv2d-transpose.ts';
import { dense } from '../../stages/dense.ts';
import { depthwiseConv2d } from '../../stages/depthwise-conv2d.ts';
import { reshape } from '../../stages/reshape.ts';
import { separableConv2d } from '../../stages/separable-conv2d.ts';
import type { ConvertedStage, LayerContext } from './conversion.ts';
import { surrounded } from './in-row.ts';
import { withActivation } from './layer-activation.ts';
import { bias, both, convolution, number, only } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';

const KERNEL = ['kernel'];
const DEPTHWISE = ['depthwise_kernel', 'kernel'];

/** @internal */
export function convertConv2d(layer: Layer, { keras }: LayerContext): ConvertedStage {
  const options = { ...convolution(layer), filters: number(layer, 'filters'), groups: number(layer, 'groups', 1) };
  return withActivation(setting(layer, 'activation'), keras, (activation) => ({
    stage: conv2d({ ...options, activation }),
    weights: { kernel: KERNEL, ...bias(layer) },
  }));
}

/** @internal */
export function convertDepthwiseConv2d(layer: Layer, { keras }: LayerContext): ConvertedStage {
  const options = { ...convolution(layer), depthMultiplier: number(layer, 'depth_multiplier', 1) };
  return withActivation(setting(layer, 'activation'), keras, (activation) => ({
    stage: depthwiseConv2d({ ...options, activation }),
    weights: { kernel: DEPTHWISE, ...bias(layer) },
  }));
}

/** @internal */
export function convertSeparableConv2d(layer: Layer, { keras }: LayerContext): ConvertedStage {
  const filters = number(layer, 'filters');
  const options = { ...convolution(layer), filters, depthMultiplier: number(layer, 'depth_multiplier', 1) };
  const kernels = { depthwiseKernel: ['depthwise_kernel'], pointwiseKernel: ['pointwise_kernel'] };
  return withActivation(setting(layer, 'activation'), keras, (activation) => ({
    stage: separableConv2d({ ...options, activation }),
    weights: { ...kernels, ...bias(layer) },
  }));
}

/** @internal */
export function convertConv2dTranspose(layer: Layer, { keras }: LayerContext): ConvertedStage {
  const options = convolution(layer);
  only(layer, 'output_padding', [undefined]);
  // Where the kernel is smaller than the stride, TensorFlow's output ends with a whole stride, and ours with the kernel.
  const missing = (i: 0 | 1) => Math.max(0, both(options.strides, i) - both(options.kernelSize, i));
  const outputPadding = options.padding === 'valid' ? ([missing(0), missing(1)] as const) : 0;
  return withActivation(setting(layer, 'activation'), keras, (activation) => ({
    stage: conv2dTranspose({ ...options, filters: number(layer, 'filters'), outputPadding, activation }),
    weights: { kernel: KERNEL, ...bias(layer) },
  }));
}

/** @internal On more than one row of values, Keras's layer works on each of them: then it becomes a 1×1 convolution. */
export function convertDense(layer: Layer, { input, keras }: LayerContext): ConvertedStage {
  const units = number(layer, 'units');
  const useBias = 'bias' in bias(layer);
  const weights = { kernel: KERNEL, ...bias(layer) };
  const rank = input?.length ?? 2;
  const one = withActivation(setting(layer, 'activation'), keras, (activation) => {
    if (rank === 2) return { stage: dense({ activation, useBias, units }), weights };
    const reshaped = (shape: Shape) => (shape.length === 2 ? [1, 1, ...shape] : shape);
    return { stage: conv2d({ activation, useBias, filters: units, kernelSize: 1 }), weights, reshaped };
  });
  if (!input || rank === 2 || rank === 4) return one;
  const rows = sizeOf(input.slice(1, -1));
  return surrounded({ rows: reshape({ shape: [rows, 1, input.at(-1) ?? 1] }) }, one, {
    back: reshape({ shape: [...input.slice(1, -1), units] }),
  });
}
