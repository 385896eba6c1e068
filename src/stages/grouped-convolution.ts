import { Concat, FusedConv2D, FusedDepthwiseConv2D, SplitV, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from './run-kernel.ts';
import { spreadKernel } from './spread-kernel.ts';

/** The attributes of tfjs's convolution kernels. */
export interface ConvolutionAttributes {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly [attribute: string]: unknown;
}

/**
 * The fewest channels of a block. With fewer, more calls cost more than computing with zeros. Measured on wasm with
 * 28×28×256 in 32 groups of 8, 3×3 (medians): 32 calls 10.9 ms, 8 blocks of 32 channels 5.6 ms, one dense call 20.7 ms.
 */
const BLOCK = 32;

/**
 * Convolution in groups, which tfjs has only on cpu, from kernels that every backend has. Groups of one channel are a
 * depthwise convolution. Otherwise the channels are split, convolved and concatenated. Small groups are computed several at
 * a time, with a kernel that is zero between different groups.
 */
export function groupedConvolution(
  kernel: Tensor4D,
  bias: Tensor | undefined,
  groups: number,
  attributes: ConvolutionAttributes,
  own: (tensor: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const [height, width, depth, filters] = kernel.shape;
  if (depth === 1) {
    const channelwise = own(tf.reshape(kernel, [height, width, groups, filters / groups])) as Tensor4D;
    return depthwise(channelwise, bias, attributes, own);
  }
  const together = blockSize(groups, Math.min(depth, filters / groups));
  const blocks = groups / together;
  const kernels = tf.tidy(() => tf.split(kernel, blocks, 3).map((part) => diagonal(part as Tensor4D, together)));
  const filter = kernels.map((block) => own(block));
  const biases = bias ? tf.split(bias, blocks).map((part) => own(part)) : [];
  if (blocks === 1) return (x) => runKernel(FusedConv2D, { x, filter: filter[0], bias: biases[0] }, attributes);
  return (x) => {
    const parts = runKernel(SplitV, { x }, { numOrSizeSplits: blocks, axis: 3 }) as unknown as Tensor[];
    const results = parts.map((part, i) => {
      const result = runKernel(FusedConv2D, { x: part, filter: filter[i], bias: biases[i] }, attributes);
      part.dispose();
      return result;
    });
    const joined = runKernel(Concat, results, { axis: 3 });
    tf.dispose(results);
    return joined;
  };
}

/** Depthwise convolution. tfjs-cpu and tfjs-webgl refuse strides with dilation: then the kernel is spread out with zeros. */
export function depthwise(
  kernel: Tensor4D,
  bias: Tensor | undefined,
  attributes: ConvolutionAttributes,
  own: (tensor: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const { strides, dilations } = attributes;
  const spread = Math.max(...strides) > 1 && Math.max(...dilations) > 1;
  const filter = spread ? own(spreadKernel(kernel, dilations)) : kernel;
  const all = spread ? { ...attributes, dilations: [1, 1] } : attributes;
  return (x) => runKernel(FusedDepthwiseConv2D, { x, filter, bias }, all);
}

/** @internal The number of groups in one block: the fewest that give it enough channels. */
export function blockSize(groups: number, channels: number): number {
  for (let size = 1; size < groups; size++) {
    if (groups % size === 0 && size * channels >= BLOCK) return size;
  }
  return groups;
}

/** The kernels of n groups, `[h, w, c, n · f]`, as one dense kernel, `[h, w, n · c, n · f]`. */
function diagonal(kernel: Tensor4D, groups: number): Tensor {
  if (groups === 1) return kernel.clone();
  const parts = tf.split(kernel, groups, 3);
  const filters = kernel.shape[3] / groups;
  const none: [number, number] = [0, 0];
  return tf.concat(
    parts.map((part, i) => tf.pad(part, [none, none, none, [i * filters, (groups - 1 - i) * filters]])),
    2,
  );
}
