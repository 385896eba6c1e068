import { Concat, dispose, Multiply, scalar, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { NamedTensors } from '../stage/named-tensors.ts';
import { mergedOutput, type Shape } from '../stage/shape.ts';
import type { AnyStage, Json, Stage } from '../stage/stage.ts';
import { compositeStage, type Run } from './composite-stage.ts';
import { checkNodes, nodeOrder, type GraphNode } from './graph-nodes.ts';
import { runKernel } from './run-kernel.ts';
import { MERGES, type Merge } from '../stage/merge.ts';

/** Options of {@link graph}. */
export interface GraphOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The name by which nodes take the graph's input. Default `input`. */
  readonly input?: string;
  /** The nodes by name, in any order. Each is computed once, however many others use it. */
  readonly nodes: Readonly<Record<string, GraphNode>>;
  /** The node whose value is the graph's output; or several nodes, by the names that their values get in {@link NamedTensors}. */
  readonly output: string | Readonly<Record<string, string>>;
}

/**
 * Any acyclic graph of stages, for networks that `pipeline`, `residual` and `concatenate` cannot express. The shapes of merged
 * values must be equal, except for sizes of 1, which are repeated (NumPy's and ONNX's broadcasting, at equal rank).
 *
 * With several outputs, the value is a `NamedTensors`, whose shape is that of the first one. ONNX Runtime cannot take such a stage into its
 * graph: it runs beside it.
 *
 * Weights are named `<node>/<weight>`. Throws `OptionError` for nodes that are missing, unused or in a circle, and `ShapeError`
 * for values that cannot be merged.
 *
 * @see {@link pipeline}, {@link residual}, {@link concatenate}
 *
 * @example
 * const excite = graph<tf.Tensor4D, tf.Tensor4D>({
 *   nodes: {
 *     mean: { stage: avgPool({ poolSize: 8 }), from: 'input' },
 *     gate: { stage: conv2d({ filters: 4, kernelSize: 1, activation: 'sigmoid', seed: 1 }), from: 'mean' },
 *     scaled: { merge: 'multiply', from: ['input', 'gate'] },
 *   },
 *   output: 'scaled',
 * });
 * console.log(excite.outputShape([1, 8, 8, 4])); // [1, 8, 8, 4]
 */
export function graph<I extends Tensor = Tensor4D, O extends Tensor | NamedTensors = Tensor4D>(
  options: GraphOptions,
): Stage<I, O> {
  const { name, input = 'input', nodes, output } = options;
  const called = name ?? 'graph';
  checkNodes(called, input, nodes);
  const outputs = outputsOf(called, output);
  const ids = new Set(outputs.map(([, id]) => id));
  const steps = stepsOf(nodeOrder(called, input, nodes, [...ids]), nodes, input, ids);
  const inner = steps.filter((step) => step.stage !== undefined);
  const shapes = (given: Shape) => {
    const known = new Map<string, Shape>([[input, given]]);
    for (const { id, sources, stage, merge, axis } of steps) {
      const from = sources.map((source) => known.get(source) ?? []);
      known.set(id, stage ? stage.outputShape(from[0] ?? []) : mergedOutput(id, merge, from, axis));
    }
    return known;
  };
  return compositeStage<I, O>({
    options,
    spec: { op: 'graph', name, input, nodes: Object.fromEntries(steps.map(specOf)), output },
    members: inner.map(({ id, stage }) => ({ prefix: `${id}/`, stage: stage as AnyStage })),
    inputs(given) {
      const known = shapes(given);
      return inner.map(({ sources: [from = input] }) => known.get(from) ?? []);
    },
    outputShape: (given) => shapes(given).get(outputs[0]?.[1] ?? '') ?? given,
    ...(typeof output === 'string' ? {} : { compilable: false, outputShapes: named(outputs, shapes) }),
    run(_input, runs) {
      const kernels = new Map<string, Run>(inner.map(({ id }, i) => [id, runs[i] as Run]));
      return (x, label) => {
        const values = new Map<string, Tensor>([[input, x]]);
        try {
          for (const { id, sources, merge, axis, lastUseOf } of steps) {
            const from = sources.map((source) => values.get(source) as Tensor);
            const run = kernels.get(id);
            values.set(id, run ? run(from[0] as Tensor, label) : merged(merge, from, axis));
            for (const source of lastUseOf) {
              values.get(source)?.dispose();
              values.delete(source);
            }
          }
          return taken(values, output);
        } finally {
          for (const [id, value] of values) if (id !== input) value.dispose();
        }
      };
    },
  });
}

/** The outputs with their names. Throws `OptionError` for what cannot be them. */
function outputsOf(called: string, output: GraphOptions['output']): [string, string][] {
  if (typeof output === 'string') return [['', output]];
  const several: unknown = output;
  const outputs = typeof several === 'object' && several !== null ? Object.entries(several) : [];
  if (outputs.length > 0 && !Array.isArray(several)) return outputs;
  throw new OptionError(
    `${called}: output must be a node, or an object with nodes by the names of outputs, not ${describeValue(output)}`,
    { stage: called },
  );
}

/** The shapes of several outputs. */
function named(outputs: readonly [string, string][], shapes: (given: Shape) => ReadonlyMap<string, Shape>) {
  return (given: Shape): Record<string, Shape> => {
    const known = shapes(given);
    return Object.fromEntries(outputs.map(([name, id]) => [name, known.get(id) ?? []]));
  };
}

/** Takes the outputs out of the values, so that they are not freed with the others. */
function taken(values: Map<string, Tensor>, output: GraphOptions['output']): Tensor | NamedTensors {
  if (typeof output !== 'string') {
    const entries = Object.entries(output).map(([name, id]) => [name, values.get(id)?.clone() as Tensor] as const);
    return new NamedTensors(Object.fromEntries(entries));
  }
  const result = values.get(output) as Tensor;
  values.delete(output);
  return result;
}

/** A node, in the order of computation. */
interface Step {
  readonly id: string;
  readonly sources: readonly string[];
  /** Undefined for a node that merges values. */
  readonly stage: AnyStage | undefined;
  readonly merge: Merge;
  /** Where a node concatenates, if not along the last dimension. */
  readonly axis: number | undefined;
  /** The nodes whose values no later node takes, so that they can be freed. */
  readonly lastUseOf: readonly string[];
}

function stepsOf(
  order: readonly string[],
  nodes: GraphOptions['nodes'],
  input: string,
  outputs: ReadonlySet<string>,
): Step[] {
  const sourcesOf = (id: string) => [...new Set([nodes[id]?.from ?? []].flat())];
  const lastUser = new Map(order.flatMap((id) => sourcesOf(id).map((source) => [source, id] as const)));
  return order.map((id) => {
    const node = nodes[id] as Partial<Record<'stage', AnyStage> & Record<'merge', Merge> & Record<'axis', number>>;
    return {
      id,
      sources: [nodes[id]?.from ?? []].flat(),
      stage: node.stage?.named(id),
      merge: node.merge ?? 'add',
      axis: node.axis === -1 ? undefined : node.axis,
      lastUseOf: sourcesOf(id).filter(
        (source) => source !== input && !outputs.has(source) && lastUser.get(source) === id,
      ),
    };
  });
}

function specOf({ id, sources, stage, merge, axis }: Step): [string, Json] {
  if (stage) return [id, { from: sources[0], stage: stage.spec }];
  return [id, { merge, from: sources, ...(axis === undefined ? {} : { axis }) }];
}

function merged(kind: Merge, values: readonly Tensor[], axis = -1): Tensor {
  if (kind === 'concatenate') {
    return runKernel(Concat, values, { axis: axis < 0 ? (values[0]?.rank ?? 0) + axis : axis });
  }
  const result = values.slice(1).reduce((a, b, i) => {
    const next = runKernel(MERGES[kind], { a, b });
    if (i > 0) a.dispose();
    return next;
  }, values[0] as Tensor);
  if (kind !== 'average') return result;
  const part = scalar(1 / values.length);
  const mean = runKernel(Multiply, { a: result, b: part });
  dispose([result, part]);
  return mean;
}
