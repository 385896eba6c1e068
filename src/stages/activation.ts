import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { requireValues, type Shape } from '../stage/shape.ts';
import type { Elementwise } from '../stage/stage.ts';
import type { Weights } from '../stage/weights.ts';
import { activate, ACTIVATIONS, type Activation } from '../stage/activations.ts';
import { MATH_FUNCTIONS, type MathFunction } from '../stage/math-functions.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link activation}. Only `prelu` has a weight: `alpha`. */
export interface ActivationOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** `leakyRelu`: the slope below 0, default 0.2. `elu`: the scale below 0, default 1. `hardSigmoid`: the slope, default 0.2. */
  readonly alpha?: number;
  /** `clip`: the least value. Default: none. */
  readonly min?: number;
  /** `clip`: the greatest value, at least `min`. Default: none. */
  readonly max?: number;
  /** `gelu`: whether to compute the approximation with tanh. Default false: the exact function. */
  readonly approximate?: boolean;
  /**
   * `prelu`: the dimensions along which values share a slope, where 1 is the first after the batch. Default: all but the
   * last, so that there is one slope per channel. Keras's default is `[]`: each value has its own slope.
   */
  readonly sharedAxes?: readonly number[];
  /** `alpha` of `prelu`; the other kinds have no weights. */
  readonly weights?: Weights;
  /** `prelu`: fills slopes that are not given with 0.25, the initial value of He et al. */
  readonly seed?: number;
}

/** The functions that take an `alpha`, with their defaults. */
const ALPHAS: Partial<Record<string, number>> = { leakyRelu: 0.2, elu: 1, hardSigmoid: 0.2 };

/**
 * Applies a function to each value. `[…]` → the same shape. The functions are those of {@link Activation} and of
 * {@link MathFunction}, `clip`: min(max(x, `min`), `max`), and `prelu`: x, or αx below 0, with trained weights α (He et al. 2015,
 * ONNX `PRelu`).
 *
 * Defaults differ between libraries. `hardSigmoid` is that of ONNX and Keras 2, min(max(0.2x + 0.5, 0), 1); that of Keras 3
 * and PyTorch is `alpha: 1 / 6`. `leakyRelu` is that of tfjs, α = 0.2; ONNX's default is 0.01, Keras's is 0.3.
 *
 * Throws `OptionError` for an unknown function, and for an option that the function does not have.
 *
 * @see {@link softmax}
 *
 * @example
 * const relu = activation('relu');
 * console.log(relu.outputShape([1, 4, 4, 8])); // [1, 4, 4, 8]
 */
export function activation(
  kind: Activation | MathFunction | 'clip' | 'prelu',
  options: ActivationOptions = {},
): Elementwise {
  const { name } = options;
  checkKind(name ?? 'activation', kind, [...ACTIVATIONS, ...Object.keys(MATH_FUNCTIONS), 'clip', 'prelu']);
  checkOptions(name ?? 'activation', kind, options);
  if (kind === 'prelu') return prelu(options);
  if (kind === 'clip') return clip(options);
  if (isMath(kind)) return plain(kind, options);
  const { alpha, approximate } = options;
  const settings = { alpha: alpha ?? ALPHAS[kind] ?? 0, approximate: approximate ?? false };
  return stage<tf.Tensor, tf.Tensor>({
    options,
    spec: { op: 'activation', name, activation: kind, alpha, approximate },
    outputShape: (input) => input,
    kernel: () => (x) => activate(x, kind, settings),
    elementwise: true,
    compilable: true,
  }) as Elementwise;
}

function isMath(kind: string): kind is MathFunction {
  return Object.hasOwn(MATH_FUNCTIONS, kind);
}

function plain(kind: MathFunction, options: ActivationOptions): Elementwise {
  const { kernel } = MATH_FUNCTIONS[kind];
  return stage<tf.Tensor, tf.Tensor>({
    options,
    spec: { op: 'activation', name: options.name, activation: kind },
    outputShape: (input) => input,
    kernel: () => (x) => runKernel(kernel, { x }),
    elementwise: true,
    compilable: true,
    clean: true,
  }) as Elementwise;
}

function clip(options: ActivationOptions): Elementwise {
  const { name, min, max } = options;
  return stage<tf.Tensor, tf.Tensor>({
    options,
    spec: { op: 'activation', name, activation: 'clip', min, max },
    outputShape: (input) => input,
    kernel: () => (x) => {
      const raised = min === undefined ? x : tf.maximum(x, min);
      return max === undefined ? raised.clone() : tf.minimum(raised, max);
    },
    elementwise: true,
    compilable: true,
  }) as Elementwise;
}

function prelu(options: ActivationOptions): Elementwise {
  const { name, sharedAxes, weights, seed } = options;
  const slopes = (input: Shape) =>
    input.slice(1).map((size, i) => ((sharedAxes ? !sharedAxes.includes(i + 1) : i === input.length - 2) ? size : 1));
  return stage<tf.Tensor, tf.Tensor>({
    options,
    spec: { op: 'activation', name, activation: 'prelu', sharedAxes },
    weights,
    seed,
    fill: { alpha: 0.25 },
    outputShape(input) {
      requireValues(input, '[batch, …]');
      return input;
    },
    weightShapes: (input) => ({ alpha: slopes(input) }),
    kernel(input, { alpha }, own) {
      // tfjs-wasm repeats slopes only if they are those of the last values: each, for all dimensions from some one on.
      const shape = slopes(input);
      const first = shape.findIndex((size) => size > 1);
      const whole = input.slice(1).map((size, i) => (first < 0 || i < first ? 1 : size));
      const all = own(tf.broadcastTo(alpha as tf.Tensor, whole));
      return (x) => tf.prelu(x, all);
    },
    elementwise: true,
    compilable: true,
  }) as Elementwise;
}

function checkOptions(called: string, kind: string, options: ActivationOptions): void {
  const { alpha, approximate, sharedAxes, min, max } = options;
  const refuse = (option: string, needs: string, value: unknown) => {
    throw new OptionError(`${called}: ${option} ${needs}, not ${describeValue(value)}`, { stage: called });
  };
  const foreign = (option: string, of: string) => refuse(option, `is an option of ${of}`, kind);
  if (alpha !== undefined && !Object.hasOwn(ALPHAS, kind)) foreign('alpha', Object.keys(ALPHAS).join(', '));
  if (alpha !== undefined && !Number.isFinite(alpha)) refuse('alpha', 'must be a number', alpha);
  if (approximate !== undefined && kind !== 'gelu') foreign('approximate', 'gelu');
  if (approximate !== undefined && typeof approximate !== 'boolean') {
    refuse('approximate', 'must be true or false', approximate);
  }
  for (const [option, value] of Object.entries({ min, max })) {
    if (value === undefined) continue;
    if (kind !== 'clip') foreign(option, 'clip');
    if (!Number.isFinite(value)) refuse(option, 'must be a number', value);
  }
  if (min !== undefined && max !== undefined && min > max) refuse('min', `must be at most max, ${max}`, min);
  if (sharedAxes !== undefined && kind !== 'prelu') foreign('sharedAxes', 'prelu');
  const axes: unknown = sharedAxes ?? [];
  if (!Array.isArray(axes) || !axes.every((axis) => Number.isSafeInteger(axis) && axis >= 1)) {
    refuse('sharedAxes', 'must be a list of dimensions of at least 1', sharedAxes);
  }
}

/** @internal Throws `OptionError` unless it is the name of an activation that can be part of another stage. */
export function checkActivation(stageName: string, kind: unknown): void {
  checkKind(stageName, kind, ACTIVATIONS);
}

function checkKind(stageName: string, kind: unknown, known: readonly string[]): void {
  if (known.includes(kind as string)) return;
  throw new OptionError(`${stageName}: activation must be one of ${known.join(', ')}, not ${describeValue(kind)}`, {
    stage: stageName,
  });
}
