import type { Shape } from '../stage/shape.ts';
import type { Spec } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';

/** @internal A stage inside a pipeline: its spec, and what its weights' names start with (`block/conv/`). */
export interface LocatedSpec {
  readonly spec: Spec;
  readonly prefix: string;
}

/** The kernel of a layer, and which output channel the kernel's i-th number belongs to. */
interface FoldableKernel {
  readonly name: string;
  readonly channel: (i: number, shape: Shape) => number;
}

/** The layers that a batch normalization can be folded into. */
const KERNELS: ReadonlyMap<string, FoldableKernel> = new Map([
  // [height, width, channels, filters]
  ['conv2d', { name: 'kernel', channel: (i, shape) => i % (shape[3] ?? 1) }],
  // [height, width, channels, multiplier]
  ['depthwiseConv2d', { name: 'kernel', channel: (i, shape) => i % ((shape[2] ?? 1) * (shape[3] ?? 1)) }],
  // [1, 1, channels, filters]
  ['separableConv2d', { name: 'pointwiseKernel', channel: (i, shape) => i % (shape[3] ?? 1) }],
  // [height, width, filters, channels]
  ['conv2dTranspose', { name: 'kernel', channel: (i, shape) => Math.floor(i / (shape[3] ?? 1)) % (shape[2] ?? 1) }],
  // [inputs, units]
  ['dense', { name: 'kernel', channel: (i, shape) => i % (shape[1] ?? 1) }],
]);

/**
 * @internal Folds a batch normalization into the layer before it, in `weights`: the layer's kernel and bias change, and the
 * normalization's weights are removed. Returns the layer's new spec, or nothing where the two stages cannot be folded.
 */
export function foldIntoLayer(layer: LocatedSpec, norm: LocatedSpec, weights: Map<string, Weight>): Spec | undefined {
  const foldable = KERNELS.get(layer.spec.op);
  if (norm.spec.op !== 'batchNorm' || !foldable || layer.spec['activation'] !== 'linear') return undefined;
  const kernel = weights.get(layer.prefix + foldable.name);
  const [mean, variance] = [take(weights, `${norm.prefix}mean`), take(weights, `${norm.prefix}variance`)];
  const [gamma, beta] = [take(weights, `${norm.prefix}gamma`), take(weights, `${norm.prefix}beta`)];
  if (!kernel || !mean || !variance) throw new Error(`${layer.prefix} and ${norm.prefix} lack weights`);
  const epsilon = norm.spec['epsilon'] as number;
  const bias = weights.get(`${layer.prefix}bias`)?.data;
  const factors = Array.from(variance, (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + epsilon));
  const biases = factors.map((factor, c) => ((bias?.[c] ?? 0) - (mean[c] ?? 0)) * factor + (beta?.[c] ?? 0));
  const data = kernel.data.map((value, i) => value * (factors[foldable.channel(i, kernel.shape)] ?? NaN));
  weights.set(layer.prefix + foldable.name, { shape: kernel.shape, data });
  weights.set(`${layer.prefix}bias`, { shape: [biases.length], data: Float32Array.from(biases) });
  return { ...layer.spec, useBias: true };
}

function take(weights: Map<string, Weight>, name: string): Float32Array | undefined {
  const weight = weights.get(name);
  weights.delete(name);
  return weight?.data;
}
