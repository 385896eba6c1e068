import { concatOutput, type Shape } from '../stage/shape.ts';
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

export function lowerConcatenate(graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]): Value {
  const values = inner.map((stage) => stage.lower(x));
  return concatenated(graph, values, spec['axis'] as number | undefined);
}

interface Node {
  readonly from: string | readonly string[];
  readonly merge?: Merge;
  readonly axis?: number;
}

export function lowerGraph(graph: GraphBuilder, x: Value, spec: Spec, inner: readonly Branch[]): Value {
  const stages = new Map(inner.map((stage) => [stage.name, stage]));
  const known = new Map<string, Value>([[spec['input'] as string, x]]);
  // The nodes in a spec are in an order in which they can be computed.
  for (const [id, node] of Object.entries(spec['nodes'] as unknown as Record<string, Node>)) {
    const from = [node.from].flat().map((source) => known.get(source) as Value);
    known.set(id, stages.get(id)?.lower(from[0] as Value) ?? merged(graph, node, from));
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

function merged(graph: GraphBuilder, { merge: kind = 'add', axis }: Node, from: readonly Value[]): Value {
  return kind === 'concatenate' ? concatenated(graph, from, axis) : merge(graph, kind, from, broadcast(from));
}

/** Merges values, value by value. */
function merge(graph: GraphBuilder, kind: Exclude<Merge, 'concatenate'>, given: readonly Value[], shape: Shape): Value {
  const values = inOneLayout(graph, given);
  const result = { shape, planar: values[0]?.planar ?? false };
  const name = values.map((value) => value.name).reduce((a, b) => graph.node(MERGES[kind], [a, b]));
  if (kind !== 'average') return { ...result, name };
  return graph.each('Mul', { ...result, name }, {}, graph.scalar(1 / values.length));
}

/** ONNX's layout, if any of the values has it. */
function inOneLayout(graph: GraphBuilder, given: readonly Value[]): readonly Value[] {
  return given.some((value) => value.planar) ? given.map((value) => graph.planar(value)) : given;
}

function concatenated(graph: GraphBuilder, given: readonly Value[], axis?: number): Value {
  const values = inOneLayout(graph, given);
  const shape = concatOutput(
    values.map((value) => value.shape),
    axis,
  );
  const result = { shape, planar: values[0]?.planar ?? false };
  const names = values.map(({ name }) => name);
  return { ...result, name: graph.node('Concat', names, { axis: graph.axis({ name: '', ...result }, axis ?? -1) }) };
}

function broadcast(values: readonly Value[]): Shape {
  return (values[0]?.shape ?? []).map((_, i) => Math.max(...values.map(({ shape }) => shape[i] ?? 0)));
}
