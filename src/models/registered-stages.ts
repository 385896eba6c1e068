import { normalize } from '../preprocess/normalize.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import { resize } from '../preprocess/resize.ts';
import { toTensor } from '../preprocess/to-tensor.ts';
import { arithmetic } from '../stages/arithmetic.ts';
import { avgPool } from '../stages/avg-pool.ts';
import { batchNorm } from '../stages/batch-norm.ts';
import { conv2d } from '../stages/conv2d.ts';
import { conv2dTranspose } from '../stages/conv2d-transpose.ts';
import { crop } from '../stages/crop.ts';
import { dense } from '../stages/dense.ts';
import { depthToSpace } from '../stages/depth-to-space.ts';
import { depthwiseConv2d } from '../stages/depthwise-conv2d.ts';
import { dropout } from '../stages/dropout.ts';
import { fakeQuantize } from '../stages/fake-quantize.ts';
import { flatten } from '../stages/flatten.ts';
import { globalAvgPool } from '../stages/global-avg-pool.ts';
import { globalMaxPool } from '../stages/global-max-pool.ts';
import { groupNorm } from '../stages/group-norm.ts';
import { gru } from '../stages/gru.ts';
import { l2Pool } from '../stages/l2-pool.ts';
import { localResponseNorm } from '../stages/local-response-norm.ts';
import { lstm } from '../stages/lstm.ts';
import { maxPool } from '../stages/max-pool.ts';
import { pad } from '../stages/pad.ts';
import { reduce } from '../stages/reduce.ts';
import { reshape } from '../stages/reshape.ts';
import { separableConv2d } from '../stages/separable-conv2d.ts';
import { slice } from '../stages/slice.ts';
import { softmax } from '../stages/softmax.ts';
import { transpose } from '../stages/transpose.ts';
import { upsample } from '../stages/upsample.ts';
import { zeroPad } from '../stages/zero-pad.ts';
import type { Shape } from '../stage/shape.ts';
import type { Spec } from '../stage/stage.ts';
import {
  fromOptions,
  fromPictureOptions,
  makeActivation,
  makeConcatenate,
  makeGraph,
  makePipeline,
  makeResidual,
  type SpecMaker,
} from './spec-makers.ts';

/** @internal What sluice knows about an operation besides computing it. */
export interface RegisteredStage {
  /** Makes the stage from its spec. */
  readonly make: SpecMaker;
  /** How many values each value of the output is computed from, if `macs` does not count it. Default 1. */
  readonly visits?: (spec: Spec, input: Shape) => number;
}

function windowOf({ poolSize, padding }: Spec, [, ...sides]: Shape): number {
  const reach = (side: number) => (padding === 'same' ? 2 * side + 1 : Infinity);
  return (poolSize as readonly number[]).reduce((area, size, i) => area * Math.min(size, reach(sides[i] ?? 0)), 1);
}

function channelsOf({ size, depthRadius }: Spec, input: Shape): number {
  return Math.min(Number(size ?? 2 * Number(depthRadius) + 1), 2 * (input.at(-1) ?? 1));
}

/**
 * @internal All stages that come with sluice, by the `op` of their spec. `fromSpec` knows a stage from here. Loaded when they are
 * needed are `layers/layer-conversions.ts`, which makes stages of layers of Keras, and `onnx/lower.ts`, which writes them as ONNX.
 * `test/house/stages.test.ts` tells which parts of a stage are missing.
 */
export const STAGES: ReadonlyMap<string, RegisteredStage> = new Map(
  Object.entries<RegisteredStage>({
    // Pictures to tensors
    preprocess: { make: fromPictureOptions(preprocess) },
    resize: { make: fromPictureOptions(resize) },
    toTensor: { make: fromPictureOptions(toTensor) },
    normalize: { make: fromPictureOptions(normalize) },

    // Convolutions
    conv2d: { make: fromOptions(conv2d) },
    depthwiseConv2d: { make: fromOptions(depthwiseConv2d) },
    separableConv2d: { make: fromOptions(separableConv2d) },
    conv2dTranspose: { make: fromOptions(conv2dTranspose) },

    // Pooling
    maxPool: { make: fromOptions(maxPool), visits: windowOf },
    avgPool: { make: fromOptions(avgPool), visits: windowOf },
    l2Pool: { make: fromOptions(l2Pool), visits: windowOf },
    globalAvgPool: { make: fromOptions(globalAvgPool) },
    globalMaxPool: { make: fromOptions(globalMaxPool) },

    // Normalization and activation
    batchNorm: { make: fromOptions(batchNorm) },
    groupNorm: { make: fromOptions(groupNorm), visits: () => 8 },
    arithmetic: { make: fromOptions(arithmetic) },
    reduce: { make: fromOptions(reduce) },
    localResponseNorm: { make: fromOptions(localResponseNorm), visits: channelsOf },
    activation: { make: makeActivation },
    softmax: { make: fromOptions(softmax) },
    dropout: { make: fromOptions(dropout) },
    fakeQuantize: { make: fromOptions(fakeQuantize) },

    // Sequences
    lstm: { make: fromOptions(lstm) },
    gru: { make: fromOptions(gru) },

    // Shapes
    zeroPad: { make: fromOptions(zeroPad) },
    pad: { make: fromOptions(pad) },
    slice: { make: fromOptions(slice) },
    depthToSpace: { make: fromOptions(depthToSpace) },
    crop: { make: fromOptions(crop) },
    upsample: { make: fromOptions(upsample) },
    flatten: { make: fromOptions(flatten) },
    reshape: { make: fromOptions(reshape) },
    transpose: { make: fromOptions(transpose) },
    dense: { make: fromOptions(dense) },

    // Stages made of stages
    pipeline: { make: makePipeline },
    residual: { make: makeResidual },
    concatenate: { make: makeConcatenate },
    graph: { make: makeGraph },
  }),
);
