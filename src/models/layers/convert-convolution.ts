import { conv2d } from '../../stages/conv2d.ts';
import { conv2dTranspose } from '../../stages/conv2d-transpose.ts';
import { dense } from '../../stages/dense.ts';
import { depthwiseConv2d } from '../../stages/depthwise-conv2d.ts';
import { separableConv2d } from '../../stages/separable-conv2d.ts';
import type { Converted, LayerContext } from './conversion.ts';
import { fusedActivation } from './layer-activation.ts';
import { bias, both, convolution, number, only } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';

const KERNEL = ['kernel'];

/** @internal */
export function convertConv2d(layer: Layer, { keras }: LayerContext): Converted {
  const filters = number(layer, 'filters');
  const groups = number(layer, 'groups', 1);
  const stage = conv2d({ ...convolution(layer, keras), filters, groups });
  return { stage, weights: { kernel: KERNEL, ...bias(layer) } };
}

/** @internal */
export function convertDepthwiseConv2d(layer: Layer, { keras }: LayerContext): Converted {
  const depthMultiplier = number(layer, 'depth_multiplier', 1);
  const stage = depthwiseConv2d({ ...convolution(layer, keras), depthMultiplier });
  return { stage, weights: { kernel: ['depthwise_kernel', 'kernel'], ...bias(layer) } };
}

/** @internal */
export function convertSeparableConv2d(layer: Layer, { keras }: LayerContext): Converted {
  const filters = number(layer, 'filters');
  const depthMultiplier = number(layer, 'depth_multiplier', 1);
  const stage = separableConv2d({ ...convolution(layer, keras), filters, depthMultiplier });
  const kernels = { depthwiseKernel: ['depthwise_kernel'], pointwiseKernel: ['pointwise_kernel'] };
  return { stage, weights: { ...kernels, ...bias(layer) } };
}

/** @internal */
export function convertConv2dTranspose(layer: Layer, { keras }: LayerContext): Converted {
  const options = convolution(layer, keras);
  only(layer, 'output_padding', [undefined]);
  // Where the kernel is smaller than the stride, TensorFlow's output ends with a whole stride, and ours with the kernel.
  const missing = (i: 0 | 1) => Math.max(0, both(options.strides, i) - both(options.kernelSize, i));
  const outputPadding = options.padding === 'valid' ? ([missing(0), missing(1)] as const) : 0;
  const stage = conv2dTranspose({ ...options, filters: number(layer, 'filters'), outputPadding });
  return { stage, weights: { kernel: KERNEL, ...bias(layer) } };
}

/** @internal On a picture, Keras's layer works on every pixel: then it becomes a 1×1 convolution. */
export function convertDense(layer: Layer, { input, keras }: LayerContext): Converted {
  const units = number(layer, 'units');
  const options = { activation: fusedActivation(setting(layer, 'activation'), keras), useBias: 'bias' in bias(layer) };
  const weights = { kernel: KERNEL, ...bias(layer) };
  if (input?.length !== 4) return { stage: dense({ ...options, units }), weights };
  const stage = conv2d({ ...options, filters: units, kernelSize: 1 });
  return { stage, weights, reshaped: (shape) => (shape.length === 2 ? [1, 1, ...shape] : shape) };
}
