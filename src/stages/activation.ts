import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { requireValues, type Shape } from '../stage/shape.ts';
import type { Elementwise } from '../stage/stage.ts';
import type { Weights } from '../stage/weights.ts';
import { activate, ACTIVATIONS, type Activation } from '../stage/activations.ts';
import { stage } from './define-stage.ts';

/** Options of {@link activation}; weights, of `prelu` only: `alpha`. */
export interface ActivationOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The slope under 0 of `leakyRelu` (default 0.2), the depth of `elu` (default 1), the slope of `hardSigmoid` (default 0.2). */
  readonly alpha?: number;
  /** `gelu` by its formula with tanh instead of the exact one; default false. */
  readonly approximate?: boolean;
  /**
   * Of `prelu`: the dimensions along which values share a slope, batch 0 left out; default: all but the last, so one slope
   * per channel. Keras's default is `[]`: every value has its own.
   */
  readonly sharedAxes?: readonly number[];
  /** `alpha` of `prelu`; the other kinds have no weights. */
  readonly weights?: Weights;
  /** Slopes of `prelu` that are not given are 0.25, as He et al. began with. */
  readonly seed?: number;
}

/** The functions that take an `alpha`, with its default. */
const ALPHAS: Partial<Record<string, number>> = { leakyRelu: 0.2, elu: 1, hardSigmoid: 0.2 };

/**
 * Applies a function to every value; shape `[…]` → the same. The functions are {@link Activation}'s and `prelu`
 * (x, or αx under 0, with learned α; He et al. 2015, ONNX `PRelu`).
 *
 * `hardSigmoid` is ONNX's and Keras 2's, min(max(0.2x + 0.5, 0), 1); Keras 3's and PyTorch's is `alpha: 1 / 6`.
 * `leakyRelu` is tfjs's with α = 0.2; ONNX's default is 0.01, Keras's 0.3.
 *
 * Throws `OptionError` for a function that does not exist, or an option that it does not have.
 *
 * @see {@link softmax}
 *
 * @example
 * const relu = activation('relu');
 * console.log(relu.outputShape([1, 4, 4, 8])); // [1, 4, 4, 8]
 */
export function activation(kind: Activation | 'prelu', options: ActivationOptions = {}): Elementwise {
  const { name } = options;
  checkKind(name ?? 'activation', kind, [...ACTIVATIONS, 'prelu']);
  checkOptions(name ?? 'activation', kind, options);
  if (kind === 'prelu') return prelu(options);
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
    kernel:
      (_input, { alpha }) =>
      (x) =>
        tf.prelu(x, alpha as tf.Tensor),
    elementwise: true,
    compilable: true,
  }) as Elementwise;
}

function checkOptions(called: string, kind: string, options: ActivationOptions): void {
  const { alpha, approximate, sharedAxes } = options;
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
  if (sharedAxes !== undefined && kind !== 'prelu') foreign('sharedAxes', 'prelu');
  const axes: unknown = sharedAxes ?? [];
  if (!Array.isArray(axes) || !axes.every((axis) => Number.isSafeInteger(axis) && axis >= 1)) {
    refuse('sharedAxes', 'must be a list of dimensions of at least 1', sharedAxes);
  }
}

/** @internal */
export function checkActivation(stageName: string, kind: unknown): void {
  checkKind(stageName, kind, ACTIVATIONS);
}

function checkKind(stageName: string, kind: unknown, known: readonly string[]): void {
  if (known.includes(kind as string)) return;
  throw new OptionError(`${stageName}: activation must be one of ${known.join(', ')}, not ${describeValue(kind)}`, {
    stage: stageName,
  });
}
