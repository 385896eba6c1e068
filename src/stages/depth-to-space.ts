import { DepthToSpace, Identity, Reshape, Transpose, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { describeShape, requireRank } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link depthToSpace}. */
export interface DepthToSpaceOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The height and width of the block of pixels that each pixel becomes: at least 1. */
  readonly blockSize: number;
  /**
   * What the channels of a pixel hold one after the other, by ONNX's names: `DCR` the pixels of the block, each with all its
   * channels (TensorFlow); `CRD` the channels, each with all pixels of the block (PyTorch's `PixelShuffle`). Default `DCR`.
   */
  readonly mode?: 'DCR' | 'CRD';
}

/**
 * Makes a block of pixels of the channels of each pixel: `[b, h, w, c]` → `[b, n · h, n · w, c / n²]`, where n is `blockSize`.
 * Shi et al. 2016, "Real-time single image and video super-resolution"; ONNX `DepthToSpace`, TF `depthToSpace`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for channels that do not make whole blocks.
 *
 * @see {@link upsample}, {@link conv2dTranspose}
 *
 * @example
 * console.log(depthToSpace({ blockSize: 2 }).outputShape([1, 8, 8, 12])); // [1, 16, 16, 3]
 */
export function depthToSpace(options: DepthToSpaceOptions): Stage<Tensor4D, Tensor4D> {
  const { name, mode = 'DCR' } = options;
  const called = name ?? 'depthToSpace';
  const blockSize = count(called, 'blockSize', options.blockSize);
  if (mode !== 'DCR' && mode !== 'CRD') {
    throw new OptionError(`${called}: mode must be 'DCR' or 'CRD', not ${describeValue(mode)}`, { stage: called });
  }
  const block = blockSize ** 2;
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op: 'depthToSpace', name, blockSize, mode },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      const [batch = 0, height = 0, width = 0, channels = 0] = input;
      if (channels % block === 0) return [batch, height * blockSize, width * blockSize, channels / block];
      throw new ShapeError(
        `needs a multiple of ${block} channels for blocks of ${blockSize} × ${blockSize}, but got ${describeShape(input)}`,
      );
    },
    kernel([, height = 1, width = 1, channels = 1]) {
      const attributes = { blockSize, dataFormat: 'NHWC' };
      if (blockSize === 1) return (x) => runKernel(Identity, { x }) as Tensor4D;
      if (mode === 'DCR' || channels === block) return (x) => runKernel(DepthToSpace, { x }, attributes) as Tensor4D;
      return (x: Tensor) => {
        const batch = x.shape[0] ?? 0;
        const split = runKernel(Reshape, { x }, { shape: [batch * height * width, channels / block, block] });
        const turned = runKernel(Transpose, { x: split }, { perm: [0, 2, 1] });
        const joined = runKernel(Reshape, { x: turned }, { shape: [batch, height, width, channels] });
        const y = runKernel(DepthToSpace, { x: joined }, attributes);
        for (const one of [split, turned, joined]) one.dispose();
        return y as Tensor4D;
      };
    },
    clean: true,
    compilable: true,
  });
}
