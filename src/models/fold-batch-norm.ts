import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { OptionError } from '../errors/errors.ts';
import type { Shape } from '../stage/shape.ts';
import type { AnyStage, Json, Spec } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';
import { foldIntoLayer, type LocatedSpec } from './fold-into-layer.ts';
import { fromSpec, type FromSpecOptions } from './from-spec.ts';

/** Options of {@link foldBatchNorm}. */
export interface FoldOptions extends Pick<FromSpecOptions, 'stages'> {
  /** The input's shape. Needed where the pipeline declares none. */
  readonly inputShape?: Shape;
}

const NAMES: OptionNames<FoldOptions> = { stages: true, inputShape: true };

/**
 * Returns the same network with its batch normalizations folded into the layers before them, which makes it faster: where
 * a `batchNorm` directly follows a convolution or dense layer without an activation, the layer's weights become
 * w′ = w γ / √(σ² + ε) and b′ = (b − μ) γ / √(σ² + ε) + β (Jacob et al. 2017, section 3.2). The results are the same, up to
 * rounding. Batch normalizations inside `residual`, `concatenate` and `graph` are folded too; all others stay.
 *
 * Throws `WeightsError` where weights are missing, and `OptionError` where there is no input shape, or for your own stage
 * that the option `stages` does not say how to make.
 *
 * @see {@link batchNorm}, {@link conv2d}
 *
 * @example
 * const net = pipeline(
 *   { inputShape: [1, 8, 8, 3] },
 *   conv2d({ filters: 4, kernelSize: 3, useBias: false, seed: 1 }),
 *   batchNorm({ seed: 2 }),
 *   activation('relu'),
 * );
 * console.log(foldBatchNorm(net).parts.map(({ name }) => name)); // ['conv2d', 'activation']
 */
export function foldBatchNorm<S extends AnyStage>(stage: S, options: FoldOptions = {}): S {
  checkOptions('foldBatchNorm', options, NAMES);
  const { inputShape, stages = {} } = options;
  const input = inputShape ?? stage.inputShape;
  if (!input) throw new OptionError(`${stage.name}: folding needs an input shape: declare inputShape or give one`);
  const weights = new Map(Object.entries(stage.weights(input)));
  const spec = folded({ spec: stage.spec, prefix: '' }, weights);
  return fromSpec(spec, { stages, maxWork: Infinity }).withWeights(Object.fromEntries(weights)) as S;
}

// The functions below return specs without the batch normalizations that were folded, and change `weights` accordingly.

/** Folds what is inside a stage, where it is made of stages. */
function folded({ spec, prefix }: LocatedSpec, weights: Map<string, Weight>): Spec {
  switch (spec.op) {
    case 'pipeline':
      return { ...spec, stages: foldedRow(specsIn(spec, 'stages', prefix), weights) };
    case 'residual': {
      const stages = foldedRow(specsIn(spec, 'stages', prefix), weights);
      const shortcut = spec['shortcut'] as Spec | undefined;
      if (!shortcut) return { ...spec, stages };
      return { ...spec, stages, shortcut: folded({ spec: shortcut, prefix: `${prefix}shortcut/` }, weights) };
    }
    case 'concatenate':
      return { ...spec, branches: specsIn(spec, 'branches', prefix).map((branch) => folded(branch, weights)) };
    case 'graph':
      return foldedGraph(spec, prefix, weights);
    default:
      return spec;
  }
}

/** The specs in a list in a spec, each under its stage's name. */
function specsIn(spec: Spec, list: 'stages' | 'branches', prefix: string): LocatedSpec[] {
  const specs = spec[list] as readonly Spec[];
  return specs.map((one) => ({ spec: one, prefix: `${prefix}${one.name ?? one.op}/` }));
}

/** Stages that run one after the other. */
function foldedRow(stages: readonly LocatedSpec[], weights: Map<string, Weight>): Spec[] {
  const row: LocatedSpec[] = [];
  for (const stage of stages) {
    const before = row.at(-1);
    const layer = before && foldIntoLayer(before, stage, weights);
    if (layer) row[row.length - 1] = { ...before, spec: layer };
    else row.push({ ...stage, spec: folded(stage, weights) });
  }
  return row.map(({ spec }) => spec);
}

/** A node of a graph's spec: a stage and its source, or several sources that are merged. */
interface NodeSpec {
  readonly from: string | readonly string[];
  readonly stage?: Spec;
  readonly [argument: string]: Json | undefined;
}

/** The nodes of a graph's spec are in an order in which they can be computed. */
function foldedGraph(spec: Spec, prefix: string, weights: Map<string, Weight>): Spec {
  const given = Object.entries(spec['nodes'] as Readonly<Record<string, NodeSpec>>);
  const output = spec['output'] as string | Readonly<Record<string, string>>;
  const outputs = new Set(typeof output === 'string' ? [output] : Object.values(output));
  const takers = takersOf(given);
  const nodes = new Map<string, NodeSpec>();
  /** The layers that normalizations were folded into, by the normalizations' nodes. */
  const foldedInto = new Map<string, string>();
  const nodeNow = (id: string) => foldedInto.get(id) ?? id;
  for (const [id, node] of given) {
    const { stage, from } = node;
    if (!stage || typeof from !== 'string') {
      nodes.set(id, { ...node, from: [from].flat().map(nodeNow) });
      continue;
    }
    const source = nodeNow(from);
    const located = { spec: stage, prefix: `${prefix}${id}/` };
    const before = nodes.get(source);
    // Where the layer's own value is taken elsewhere, too, the layer must stay as it is.
    const isOnlyTaker = takers.get(from) === 1 && !outputs.has(from);
    const layer =
      before?.stage && isOnlyTaker
        ? foldIntoLayer({ spec: before.stage, prefix: `${prefix}${source}/` }, located, weights)
        : undefined;
    if (before && layer) {
      nodes.set(source, { ...before, stage: layer });
      foldedInto.set(id, source);
    } else {
      nodes.set(id, { ...node, from: source, stage: folded(located, weights) });
    }
  }
  const outputNow =
    typeof output === 'string'
      ? nodeNow(output)
      : Object.fromEntries(Object.entries(output).map(([name, id]) => [name, nodeNow(id)]));
  return { ...spec, nodes: Object.fromEntries(nodes), output: outputNow };
}

/** How many nodes take the value of each node. */
function takersOf(nodes: readonly (readonly [string, NodeSpec])[]): Map<string, number> {
  const takers = new Map<string, number>();
  for (const [, { from }] of nodes) {
    for (const source of new Set([from].flat())) takers.set(source, (takers.get(source) ?? 0) + 1);
  }
  return takers;
}
