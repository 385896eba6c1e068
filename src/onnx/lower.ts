import type { AnyStage, InnerStage } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import { argumentsOf, type Lowering } from './layer.ts';
import { lowerActivationStage, lowerSoftmax } from './lower-activation.ts';
import { lowerConcat, lowerGraph, lowerResidual, lowerRow, type Composing } from './lower-composite.ts';
import { lowerConv2d, lowerDepthwise, lowerSeparable, lowerTransposed } from './lower-convolution.ts';
import { lowerDense } from './lower-dense.ts';
import { lowerBatchNorm, lowerLocalResponseNorm, lowerNormalize } from './lower-norm.ts';
import { lowerAvgPool, lowerGlobalAvgPool, lowerGlobalMaxPool, lowerL2Pool, lowerMaxPool } from './lower-pool.ts';
import { lowerCrop, lowerFlatten, lowerReshape, lowerUpsample, lowerZeroPad } from './lower-shape.ts';

/** How each operation is written into a graph. */
const OPERATIONS = new Map<string, Lowering>(
  Object.entries({
    activation: lowerActivationStage,
    avgPool: lowerAvgPool,
    batchNorm: lowerBatchNorm,
    conv2d: lowerConv2d,
    conv2dTranspose: lowerTransposed,
    crop: lowerCrop,
    dense: lowerDense,
    depthwiseConv2d: lowerDepthwise,
    dropout: (_graph: GraphBuilder, x: Value) => x,
    flatten: lowerFlatten,
    globalAvgPool: lowerGlobalAvgPool,
    globalMaxPool: lowerGlobalMaxPool,
    l2Pool: lowerL2Pool,
    localResponseNorm: lowerLocalResponseNorm,
    maxPool: lowerMaxPool,
    normalize: lowerNormalize,
    reshape: lowerReshape,
    separableConv2d: lowerSeparable,
    softmax: lowerSoftmax,
    upsample: lowerUpsample,
    zeroPad: lowerZeroPad,
  }),
);

/** How stages that are made of stages are written. */
const COMPOSITES = new Map<string, Composing>(
  Object.entries({ pipeline: lowerRow, residual: lowerResidual, concatenate: lowerConcat, graph: lowerGraph }),
);

/** Writes a stage that is `compilable`, with its weights, into a graph. */
export function lower(graph: GraphBuilder, x: Value, name: string, stage: AnyStage): Value {
  return lowerWith(graph, x, { name, stage, input: x.shape }, stage.weights(x.shape));
}

function lowerWith(
  graph: GraphBuilder,
  x: Value,
  { name, stage, input }: InnerStage,
  weights: Readonly<Record<string, Weight>>,
): Value {
  const { spec } = stage;
  return graph.within(name, () => {
    const composite = COMPOSITES.get(spec.op);
    const result = composite
      ? composite(
          graph,
          x,
          spec,
          stage.inner(input).map((inner) => ({
            name: inner.name,
            lower: (value) => lowerWith(graph, value, inner, weightsOf(inner.name, weights)),
          })),
        )
      : OPERATIONS.get(spec.op)?.(graph, x, {
          arguments: argumentsOf(spec),
          input,
          output: stage.outputShape(input),
          weights,
        });
    if (!result) throw new Error(`there is no way to write ${spec.op} into a graph`);
    graph.note(result);
    return result;
  });
}

function weightsOf(stage: string, weights: Readonly<Record<string, Weight>>): Record<string, Weight> {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(`${stage}/`));
  return Object.fromEntries(own.map(([name, weight]) => [name.slice(stage.length + 1), weight]));
}
