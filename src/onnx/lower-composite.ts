import type { Shape } from '../stage/shape.ts';
import type { Activation } from '../stage/activations.ts';
import type { Spec } from '../stage/stage.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import { lowerActivation } from './lower-activation.ts';
import type { Merge } from '../stage/merge.ts';

/** A stage inside another one, and the function that writes it. */
export interface Branch {
  readonly name: string;
  readonly lower: (x: Value) => Value;
}

/** Writes a stage that is made of stages into a graph; returns its output. */
export type CompositeLowering = (graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]) => Value;

export function lowerPipeline(_graph: GraphBuilder, x: Value, _spec: Spec, inner: readonly Branch[]): Value {
  return inner.reduce((value, stage) => stage.lower(value), x);
}

export function lowerResidual(graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]): Value {
  // The shortcut, if there is one, is the last of the inner stages.
  const shortcut = spec['shortcut'] === undefined ? undefined : inner.at(-1);
  const branch = lowerPipeline(graph, x, spec, shortcut ? inner.slice(0, -1) : inner);
  const sum = merge(graph, 'add', [branch, shortcut?.lower(x) ?? x], branch.shape);
  return lowerActivation(graph, sum, spec['activation'] as Activation);
}

export function lowerConcatenate(graph: GraphBuilder, x: Value, _spec: Spec, inner: readonly Branch[]): Value {
  const values = inner.map((stage) => stage.lower(x));
  return merge(graph, 'concatenate', values, concatenated(values));
}

interface Node {
  readonly from: string | readonly string[];
  readonly merge?: Merge;
}

export function lowerGraph(graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]): Value {
  const stages = new Map(inner.map((stage) => [stage.name, stage]));
  const known = new Map<string, Value>([[spec['input'] as string, x]]);
  // The nodes in a spec are in an order in which they can be computed.
  for (const [id, node] of Object.entries(spec['nodes'] as unknown as Record<string, Node>)) {
    const from = [node.from].flat().map((source) => known.get(source) as Value);
    const shape = node.merge === 'concatenate' ? concatenated(from) : broadcast(from);
    known.set(id, stages.get(id)?.lower(from[0] as Value) ?? merge(graph, node.merge ?? 'add', from, shape));
  }
  return known.get(spec['output'] as string) as Value;
}

const MERGES: Readonly<Record<Exclude<Merge, 'concatenate'>, string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  maximum: 'Max',
  minimum: 'Min',
  average: 'Add',
};

/** Merges values after bringing them into one layout: ONNX's if any of them has it. */
function merge(graph: GraphBuilder, kind: Merge, given: readonly Value[], shape: Shape): Value {
  const planar = given.some((value) => value.planar);
  const values = planar ? given.map((value) => graph.planar(value)) : given;
  const result = { shape, planar };
  if (kind === 'concatenate') {
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
