import type { AnyStage, InnerStage } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Levels, Value } from './graph-builder.ts';
import { argumentsOf, type Layer, type Lowering } from './layer.ts';
import { lowerActivationStage, lowerSoftmax } from './lower-activation.ts';
import {
  lowerConcatenate,
  lowerGraph,
  lowerPipeline,
  lowerResidual,
  type CompositeLowering,
} from './lower-composite.ts';
import { lowerConv2d, lowerDepthwise, lowerSeparable, lowerTransposed } from './lower-convolution.ts';
import { lowerDense } from './lower-dense.ts';
import { lowerArithmetic, lowerReduce } from './lower-arithmetic.ts';
import { lowerBatchNorm, lowerLocalResponseNorm, lowerNormalize } from './lower-norm.ts';
import { lowerGroupNorm } from './lower-group-norm.ts';
import { lowerGru, lowerLstm } from './lower-recurrent.ts';
import { lowerPad, lowerSlice } from './lower-part.ts';
import { lowerAvgPool, lowerGlobalAvgPool, lowerGlobalMaxPool, lowerL2Pool, lowerMaxPool } from './lower-pool.ts';
import {
  lowerCrop,
  lowerDepthToSpace,
  lowerFlatten,
  lowerReshape,
  lowerTranspose,
  lowerUpsample,
  lowerZeroPad,
} from './lower-shape.ts';

/** @internal How stages that are one operation are written as ONNX, by the `op` of their spec. */
export const LOWERINGS: ReadonlyMap<string, Lowering> = new Map(
  Object.entries<Lowering>({
    activation: lowerActivationStage,
    arithmetic: lowerArithmetic,
    avgPool: lowerAvgPool,
    batchNorm: lowerBatchNorm,
    conv2d: lowerConv2d,
    conv2dTranspose: lowerTransposed,
    crop: lowerCrop,
    dense: lowerDense,
    depthToSpace: lowerDepthToSpace,
    depthwiseConv2d: lowerDepthwise,
    dropout: (_graph, x) => x,
    fakeQuantize: (graph, x, { arguments: levels }: Layer<Levels>) => graph.rounded(x, levels),
    flatten: lowerFlatten,
    globalAvgPool: lowerGlobalAvgPool,
    globalMaxPool: lowerGlobalMaxPool,
    groupNorm: lowerGroupNorm,
    gru: lowerGru,
    l2Pool: lowerL2Pool,
    localResponseNorm: lowerLocalResponseNorm,
    lstm: lowerLstm,
    maxPool: lowerMaxPool,
    normalize: lowerNormalize,
    pad: lowerPad,
    reduce: lowerReduce,
    reshape: lowerReshape,
    separableConv2d: lowerSeparable,
    slice: lowerSlice,
    softmax: lowerSoftmax,
    transpose: lowerTranspose,
    upsample: lowerUpsample,
    zeroPad: lowerZeroPad,
  }),
);

/** @internal How stages that are made of stages are written as ONNX. */
export const COMPOSITE_LOWERINGS: ReadonlyMap<string, CompositeLowering> = new Map(
  Object.entries<CompositeLowering>({
    concatenate: lowerConcatenate,
    graph: lowerGraph,
    pipeline: lowerPipeline,
    residual: lowerResidual,
  }),
);

/** Writes a `compilable` stage with its weights into a graph; returns its output. */
export function lower(graph: GraphBuilder, x: Value, name: string, stage: AnyStage): Value {
  return lowerStage(graph, x, { name, stage, input: x.shape }, stage.weights(x.shape));
}

function lowerStage(
  graph: GraphBuilder,
  x: Value,
  inner: InnerStage,
  weights: Readonly<Record<string, Weight>>,
): Value {
  return graph.within(inner.name, () => {
    const result = lowerInner(graph, x, inner, weights);
    graph.note(result);
    return result;
  });
}

function lowerInner(
  graph: GraphBuilder,
  x: Value,
  { stage, input }: InnerStage,
  weights: Readonly<Record<string, Weight>>,
): Value {
  const { spec } = stage;
  const lowering = LOWERINGS.get(spec.op);
  if (lowering) {
    return lowering(graph, x, { arguments: argumentsOf(spec), input, output: stage.outputShape(input), weights });
  }
  const composite = COMPOSITE_LOWERINGS.get(spec.op);
  if (!composite) throw new Error(`there is no lowering of ${spec.op} to ONNX in onnx/lower.ts`);
  const branches = stage.inner(input).map((inner) => ({
    name: inner.name,
    lower: (value: Value) => lowerStage(graph, value, inner, weightsOf(inner.name, weights)),
  }));
  return composite(graph, x, spec, branches);
}

/** The weights of one of the stages inside a stage, by their names there. */
function weightsOf(stage: string, weights: Readonly<Record<string, Weight>>): Record<string, Weight> {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(`${stage}/`));
  return Object.fromEntries(own.map(([name, weight]) => [name.slice(stage.length + 1), weight]));
}
