import {
  _FusedMatMul,
  AvgPool,
  BatchMatMul,
  Conv2D,
  DepthwiseConv2dNative,
  FusedConv2D,
  FusedDepthwiseConv2D,
  getGradient,
  MaxPool,
  registerGradient,
  unregisterGradient,
  type GradConfig,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { CONVOLUTION_GRADIENT } from './convolution-gradients.ts';
import { DEPTHWISE_GRADIENT } from './depthwise-gradients.ts';
import type { KernelGradient, OutputsGradient } from './kernel-gradient.ts';
import { AVERAGE_POOL_GRADIENT, MAX_POOL_GRADIENT } from './pool-gradients.ts';
import { PRODUCT_GRADIENT } from './product-gradients.ts';
import { REDUCTION_GRADIENTS } from './reduction-gradients.ts';
import { RESIZE_GRADIENTS } from './resize-gradients.ts';
import { SHAPE_GRADIENTS } from './shape-gradients.ts';
import { VALUE_GRADIENTS } from './value-gradients.ts';

/**
 * @internal The gradients of the kernels that stages run. tfjs-core comes without any; those of the whole of tfjs need kernels that wasm
 * does not have, know nothing of fused kernels, and are wrong for average pools with padding and for half-pixel centres.
 */
export const KERNEL_GRADIENTS: Readonly<Record<string, KernelGradient | OutputsGradient>> = {
  ...VALUE_GRADIENTS,
  ...SHAPE_GRADIENTS,
  ...REDUCTION_GRADIENTS,
  ...RESIZE_GRADIENTS,
  [Conv2D]: CONVOLUTION_GRADIENT,
  [FusedConv2D]: CONVOLUTION_GRADIENT,
  [DepthwiseConv2dNative]: DEPTHWISE_GRADIENT,
  [FusedDepthwiseConv2D]: DEPTHWISE_GRADIENT,
  [BatchMatMul]: PRODUCT_GRADIENT,
  [_FusedMatMul]: PRODUCT_GRADIENT,
  [AvgPool]: AVERAGE_POOL_GRADIENT,
  [MaxPool]: MAX_POOL_GRADIENT,
};

/** A gradient in the form in which tfjs keeps it. */
function configOf([kernelName, gradient]: [string, KernelGradient | OutputsGradient]): GradConfig {
  const { inputs = [] } = gradient;
  const saved = inputs === 'all' ? { saveAllInputs: true } : { inputsToSave: [...inputs] };
  if ('ofAll' in gradient) {
    const gradFunc: GradConfig['gradFunc'] = (dys, tensors, attributes) => ({
      ...gradient.ofAll([dys].flat(), tensors, attributes),
    });
    return { kernelName, ...saved, gradFunc };
  }
  return {
    kernelName,
    ...saved,
    outputsToSave: [gradient.output === true],
    gradFunc: (dy, tensors, attributes) => ({ ...gradient.of(dy as Tensor, tensors, attributes) }),
  };
}

const CONFIGS = Object.entries(KERNEL_GRADIENTS).map(configOf);

/** @internal Runs a function while tfjs knows these gradients. Afterwards it has again those that it had before. */
export function withKernelGradients<T>(run: () => T): T {
  const before = CONFIGS.map(({ kernelName }) => getGradient(kernelName) as GradConfig | undefined);
  for (const config of CONFIGS) replace(config.kernelName, config);
  try {
    return run();
  } finally {
    CONFIGS.forEach(({ kernelName }, i) => replace(kernelName, before[i]));
  }
}

/** tfjs warns where a gradient replaces another one. */
function replace(kernelName: string, config: GradConfig | undefined): void {
  if (getGradient(kernelName) as GradConfig | undefined) unregisterGradient(kernelName);
  if (config) registerGradient(config);
}
