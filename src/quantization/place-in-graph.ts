import type { LocatedSpec } from '../models/fold-into-layer.ts';
import type { Json, Spec } from '../stage/stage.ts';
import {
  activationOf,
  isCutting,
  onlyCuts,
  pointSpec,
  roundsBehind,
  type Placed,
  type Places,
  type Value,
} from './rounding.ts';

/** A node of a graph's spec: a stage and its source, or several sources that are merged. */
interface NodeSpec {
  readonly from: string | readonly string[];
  readonly stage?: Spec;
  readonly [argument: string]: Json | undefined;
}

/** A node's value, and the node that has it now. */
interface Known extends Value {
  readonly id: string;
  /** Whether it is rounded when the activation that takes it is done. */
  readonly waits?: boolean;
}

/** Places points among the nodes of a `graph`, each as a node of its own. */
export function placeInGraph(placement: Places, { spec, prefix }: LocatedSpec, given: Value): Placed {
  const old = Object.entries(spec['nodes'] as Readonly<Record<string, NodeSpec>>);
  const output = spec['output'] as string | Readonly<Record<string, string>>;
  const outputs = new Set(typeof output === 'string' ? [output] : Object.values(output));
  const takers = takersOf(old);
  const nodes = new Map<string, NodeSpec>();
  const input = spec['input'] as string;
  const known = new Map<string, Known>([[input, { id: input, ...given }]]);
  const now = (id: string) => known.get(id) as Known;
  /** Rounds the value of a node, for all that take it. */
  const round = (id: string) => {
    const { id: from, source } = now(id);
    const made = `${id}.rounded`;
    nodes.set(made, { from, stage: pointSpec(made, source) });
    known.set(id, { id: made, source, rounded: true });
  };
  /** Rounds the value of a node, or waits for the activation that alone takes it. */
  const roundBehind = (id: string) => {
    const [only, ...others] = takers.get(id) ?? [];
    const waits = others.length === 0 && isCutting(only?.stage) && !outputs.has(id);
    if (waits) known.set(id, { ...now(id), waits });
    else round(id);
  };
  for (const [id, node] of old) {
    const { stage, from } = node;
    const sources = [from].flat();
    const path = prefix + id;
    const plain = { id, source: path, rounded: false };
    if (!stage || typeof from !== 'string') {
      nodes.set(id, { ...node, from: sources.map((one) => now(one).id) });
      known.set(id, plain);
      const isJoin = ['add', 'concatenate'].includes(String(node['merge'] ?? 'add'));
      if (isJoin && sources.every((one) => now(one).rounded)) roundBehind(id);
      continue;
    }
    const located = { spec: stage, prefix: `${path}/` };
    if (!placement.takes(located)) {
      const { id: source, waits, ...value } = now(from);
      const made = placement.within(located, value);
      nodes.set(id, { ...node, from: source, stage: made.spec });
      known.set(id, { id, ...made.value });
      if (waits || made.joins) round(id);
      continue;
    }
    if (!now(from).rounded) round(from);
    nodes.set(id, { ...node, from: now(from).id, stage: placement.layer(located, now(from)) });
    known.set(id, plain);
    if (!roundsBehind(stage)) continue;
    if (onlyCuts(stage)) roundBehind(id);
    else {
      known.set(id, { ...plain, source: `${path}.linear` });
      round(id);
      const made = `${id}.activation`;
      nodes.set(made, { from: now(id).id, stage: activationOf(stage, made) });
      known.set(id, { ...plain, id: made });
    }
  }
  const outputNow =
    typeof output === 'string'
      ? now(output).id
      : Object.fromEntries(Object.entries(output).map(([name, id]) => [name, now(id).id]));
  const { source, rounded } = typeof output === 'string' ? now(output) : { source: prefix, rounded: false };
  return {
    spec: { ...spec, nodes: Object.fromEntries(nodes), output: outputNow },
    value: { source, rounded },
  };
}

/** The nodes that take the value of each node. */
function takersOf(nodes: readonly (readonly [string, NodeSpec])[]): Map<string, NodeSpec[]> {
  const takers = new Map<string, NodeSpec[]>();
  for (const [, node] of nodes) {
    for (const from of new Set([node.from].flat())) takers.set(from, [...(takers.get(from) ?? []), node]);
  }
  return takers;
}
