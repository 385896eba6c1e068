import type { Shape } from '../shape.ts';
import type { Activation } from '../stages/activate.ts';
import type { Merge } from '../stages/graph-nodes.ts';
import type { AnyStage, Inner, Spec } from '../stage.ts';
import type { Weight } from '../weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import { argumentsOf, type Lowering } from './layer.ts';
import { lowerActivation, lowerActivationStage, lowerSoftmax } from './lower-activation.ts';
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

type Branches = (graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]) => Value;

/** A stage inside another, ready to be written. */
interface Branch {
  readonly name: string;
  readonly lower: (x: Value) => Value;
}

/** How stages that are made of stages are written. */
const COMPOSITES = new Map<string, Branches>(
  Object.entries({ pipeline: lowerRow, residual: lowerResidual, concat: lowerConcat, graph: lowerGraph }),
);

/** Writes a stage that is `portable`, with its weights, into a graph. */
export function lower(graph: GraphBuilder, x: Value, name: string, stage: AnyStage): Value {
  return lowerWith(graph, x, { name, stage, input: x.shape }, stage.weights(x.shape));
}

function lowerWith(
  graph: GraphBuilder,
  x: Value,
  { name, stage, input }: Inner,
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

function lowerRow(_graph: GraphBuilder, x: Value, _spec: Spec, inner: readonly Branch[]): Value {
  return inner.reduce((value, stage) => stage.lower(value), x);
}

function lowerResidual(graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]): Value {
  // The shortcut, where there is one, comes last.
  const shortcut = spec['shortcut'] === undefined ? undefined : inner.at(-1);
  const branch = lowerRow(graph, x, spec, shortcut ? inner.slice(0, -1) : inner);
  const sum = merge(graph, 'add', [branch, shortcut?.lower(x) ?? x], branch.shape);
  return lowerActivation(graph, sum, spec['activation'] as Activation);
}

function lowerConcat(graph: GraphBuilder, x: Value, _spec: Spec, inner: readonly Branch[]): Value {
  const values = inner.map((stage) => stage.lower(x));
  return merge(graph, 'concat', values, concatenated(values));
}

interface Node {
  readonly from: string | readonly string[];
  readonly merge?: Merge;
}

function lowerGraph(graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]): Value {
  const stages = new Map(inner.map((stage) => [stage.name, stage]));
  const known = new Map<string, Value>([[spec['input'] as string, x]]);
  // A spec has its nodes in an order in which they can be computed.
  for (const [id, node] of Object.entries(spec['nodes'] as unknown as Record<string, Node>)) {
    const from = [node.from].flat().map((source) => known.get(source) as Value);
    const shape = node.merge === 'concat' ? concatenated(from) : broadcast(from);
    known.set(id, stages.get(id)?.lower(from[0] as Value) ?? merge(graph, node.merge ?? 'add', from, shape));
  }
  return known.get(spec['output'] as string) as Value;
}

const MERGES: Readonly<Record<Exclude<Merge, 'concat'>, string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  maximum: 'Max',
  minimum: 'Min',
  average: 'Add',
};

/** Brings values together that lie alike; a picture lies as ONNX has it where any of them does. */
function merge(graph: GraphBuilder, kind: Merge, given: readonly Value[], shape: Shape): Value {
  const planar = given.some((value) => value.planar);
  const values = planar ? given.map((value) => graph.planar(value)) : given;
  const result = { shape, planar };
  if (kind === 'concat') {
    const axis = graph.channelAxis({ name: '', ...result });
    return {
      ...result,
      name: graph.node(
        'Concat',
        values.map(({ name }) => name),
        { axis },
      ),
    };
  }
  const name = values.map((value) => value.name).reduce((a, b) => graph.node(MERGES[kind], [a, b]));
  if (kind !== 'average') return { ...result, name };
  return graph.each('Mul', { ...result, name }, {}, graph.scalar(1 / values.length));
}

function concatenated(values: readonly Value[]): Shape {
  const sum = values.reduce((total, { shape }) => total + (shape.at(-1) ?? 0), 0);
  return [...(values[0]?.shape.slice(0, -1) ?? []), sum];
}

function broadcast(values: readonly Value[]): Shape {
  return (values[0]?.shape ?? []).map((_, i) => Math.max(...values.map(({ shape }) => shape[i] ?? 0)));
}
