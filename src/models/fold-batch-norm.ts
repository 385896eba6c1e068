import { OptionError } from '../errors/errors.ts';
import type { Shape } from '../stage/shape.ts';
import type { Weight } from '../stage/weights.ts';
import { fromSpec, type FromSpecOptions } from '../models/from-spec.ts';
import type { AnyStage, Spec } from '../stage/stage.ts';

/** Options of {@link foldBatchNorm}. */
export interface FoldOptions extends Pick<FromSpecOptions, 'stages'> {
  /** Needed where the pipeline declares none. */
  readonly inputShape?: Shape;
}

type Weightings = Map<string, Weight>;
interface Node {
  readonly from: string | readonly string[];
  readonly stage?: Spec;
}

/** Which weight of a stage makes its output channels, and which channel its i-th number belongs to. */
const FOLDABLE: Readonly<Record<string, { kernel: string; channel: (i: number, shape: Shape) => number }>> = {
  conv2d: { kernel: 'kernel', channel: (i, shape) => i % (shape[3] ?? 1) },
  depthwiseConv2d: { kernel: 'kernel', channel: (i, shape) => i % ((shape[2] ?? 1) * (shape[3] ?? 1)) },
  separableConv2d: { kernel: 'pointwiseKernel', channel: (i, shape) => i % (shape[3] ?? 1) },
  conv2dTranspose: { kernel: 'kernel', channel: (i, shape) => Math.floor(i / (shape[3] ?? 1)) % (shape[2] ?? 1) },
  dense: { kernel: 'kernel', channel: (i, shape) => i % (shape[1] ?? 1) },
};

/**
 * The same network with every `batchNorm` that stands right behind a convolution or dense layer without activation taken
 * into that layer's weights: w′ = w γ / √(σ² + ε), b′ = (b − μ) γ / √(σ² + ε) + β (Jacob et al. 2017, section 3.2). It
 * gives the same numbers, to rounding, with fewer stages; also inside `residual`, `concatenate` and `graph`. Others stay.
 *
 * Needs all weights, given or drawn from seeds: throws `WeightsError` where some are missing, and `OptionError` without
 * an input shape or for a stage of your own that `stages` does not say how to make.
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
  const input = options.inputShape ?? stage.inputShape;
  if (!input) throw new OptionError(`${stage.name}: folding needs an input shape: declare inputShape or give one`);
  const weights: Weightings = new Map(Object.entries(stage.weights(input)));
  const spec = folded(stage.spec, '', weights);
  const { stages } = options;
  return fromSpec(spec, stages ? { stages } : {}).withWeights(Object.fromEntries(weights)) as unknown as S;
}

/** A composite's spec with its batch norms folded; `weights` lose theirs. */
function folded(spec: Spec, prefix: string, weights: Weightings): Spec {
  if (spec.op === 'pipeline') return { ...spec, stages: foldRow(spec['stages'], prefix, weights) };
  if (spec.op === 'residual') {
    const { shortcut } = spec;
    const direct = shortcut === undefined ? {} : { shortcut: folded(shortcut as Spec, `${prefix}shortcut/`, weights) };
    return { ...spec, stages: foldRow(spec['stages'], prefix, weights), ...direct };
  }
  if (spec.op === 'concatenate') {
    const branches = spec['branches'] as readonly Spec[];
    return { ...spec, branches: branches.map((branch) => folded(branch, `${prefix}${called(branch)}/`, weights)) };
  }
  return spec.op === 'graph' ? foldGraph(spec, prefix, weights) : spec;
}

function foldRow(stages: unknown, prefix: string, weights: Weightings): Spec[] {
  const row: Spec[] = [];
  for (const spec of stages as readonly Spec[]) {
    const last = row.at(-1);
    const whole = last && fold(last, `${prefix}${called(last)}/`, spec, `${prefix}${called(spec)}/`, weights);
    if (whole) row[row.length - 1] = whole;
    else row.push(folded(spec, `${prefix}${called(spec)}/`, weights));
  }
  return row;
}

function foldGraph(spec: Spec, prefix: string, weights: Weightings): Spec {
  const given = Object.entries(spec['nodes'] as unknown as Record<string, Node>);
  const output = spec['output'] as string;
  const users = new Map<string, number>();
  for (const [, { from }] of given) {
    for (const source of new Set([from].flat())) users.set(source, (users.get(source) ?? 0) + 1);
  }
  const nodes = new Map<string, Node>();
  /** Norms that are gone, and the layers they are in now, which come before them. */
  const within = new Map<string, string>();
  const now = (source: string) => within.get(source) ?? source;
  for (const [id, { stage, from: wired, ...rest }] of given) {
    if (typeof wired !== 'string' || !stage) {
      nodes.set(id, { ...rest, from: typeof wired === 'string' ? now(wired) : wired.map(now) });
      continue;
    }
    const from = now(wired);
    const before = nodes.get(from);
    // What nobody else takes, also not the outside.
    const layer = users.get(wired) === 1 && output !== wired ? before?.stage : undefined;
    const whole = layer && fold(layer, `${prefix}${from}/`, stage, `${prefix}${id}/`, weights);
    if (whole) {
      nodes.set(from, { ...(before as Node), stage: whole });
      within.set(id, from);
    } else nodes.set(id, { ...rest, from, stage: folded(stage, `${prefix}${id}/`, weights) });
  }
  return { ...spec, nodes: Object.fromEntries(nodes) as unknown as Record<string, Spec>, output: now(output) };
}

/** The layer with the norm in it, or nothing where they are not such a pair. */
function fold(layer: Spec, at: string, norm: Spec, normAt: string, weights: Weightings): Spec | undefined {
  const foldable = Object.hasOwn(FOLDABLE, layer.op) ? FOLDABLE[layer.op] : undefined;
  if (norm.op !== 'batchNorm' || !foldable || layer['activation'] !== 'linear') return undefined;
  const kernel = weights.get(at + foldable.kernel);
  const take = (name: string) => {
    const weight = weights.get(normAt + name)?.data;
    weights.delete(normAt + name);
    return weight;
  };
  const [gamma, beta, mean, variance] = [take('gamma'), take('beta'), take('mean'), take('variance')];
  if (!kernel || !mean || !variance) return undefined;
  const factors = Array.from(variance, (v, c) => (gamma?.[c] ?? 1) / Math.sqrt(v + (norm['epsilon'] as number)));
  const bias = weights.get(`${at}bias`)?.data;
  const offsets = Float32Array.from(
    factors,
    (factor, c) => ((bias?.[c] ?? 0) - (mean[c] ?? 0)) * factor + (beta?.[c] ?? 0),
  );
  const scaled = kernel.data.map((value, i) => value * (factors[foldable.channel(i, kernel.shape)] ?? NaN));
  weights.set(at + foldable.kernel, { shape: kernel.shape, data: scaled });
  weights.set(`${at}bias`, { shape: [offsets.length], data: offsets });
  return { ...layer, useBias: true };
}

/** A stage's name as its spec tells it. */
function called({ op, name }: Spec): string {
  return name ?? op;
}
