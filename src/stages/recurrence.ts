import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { activate, RECURRENT_ACTIVATIONS, type RecurrentActivation } from '../stage/activations.ts';
import { count } from '../stage/arguments.ts';
import { describeShape, requireRank, type Shape } from '../stage/shape.ts';
import type { Weights } from '../stage/weights.ts';

/** The options that {@link lstm} and {@link gru} share. */
export interface RecurrentOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The number of values that are kept from step to step, and given. */
  readonly units: number;
  /** The function of new values. Default `tanh`. */
  readonly activation?: RecurrentActivation;
  /** The function of the gates. Default `sigmoid`. */
  readonly recurrentActivation?: RecurrentActivation;
  /** Whether there is a `bias`. Default true. */
  readonly useBias?: boolean;
  /** Whether the output has the values of every step, `[b, steps, units]`, and not only those of the last one. Default false. */
  readonly returnSequences?: boolean;
  /** Whether the steps are taken from the last one to the first; the output has them in that order. Default false. */
  readonly goBackwards?: boolean;
  /** The weights by name. */
  readonly weights?: Weights;
  /** The seed that weights which are not given are drawn from. */
  readonly seed?: number;
}

/** The options with their defaults, as they are in a spec. Throws `OptionError`. */
export function checkedRecurrence(op: string, options: RecurrentOptions) {
  const { name, activation = 'tanh', recurrentActivation = 'sigmoid' } = options;
  const { useBias = true, returnSequences = false, goBackwards = false } = options;
  const called = name ?? op;
  const units = count(called, 'units', options.units);
  for (const [option, value] of Object.entries({ activation, recurrentActivation })) {
    if (RECURRENT_ACTIVATIONS.includes(value)) continue;
    throw new OptionError(
      `${called}: ${option} must be one of ${RECURRENT_ACTIVATIONS.join(', ')}, not ${describeValue(value)}`,
      { stage: called },
    );
  }
  checkFlags(called, { useBias, returnSequences, goBackwards });
  return { op, name, units, activation, recurrentActivation, useBias, returnSequences, goBackwards };
}

/** Throws `OptionError` for a value that is neither true nor false. */
export function checkFlags(called: string, flags: Readonly<Record<string, unknown>>): void {
  for (const [option, value] of Object.entries(flags)) {
    if (typeof value === 'boolean') continue;
    throw new OptionError(`${called}: ${option} must be true or false, not ${describeValue(value)}`, { stage: called });
  }
}

type Recurrence = ReturnType<typeof checkedRecurrence>;

/** Each step takes some kernels, however few its values are. */
const MAX_STEPS = 10_000;

/**
 * What {@link lstm} and {@link gru} have in common as stages: shapes, weights and work, for so many gates. The output's shape throws
 * `ShapeError` for an input that is not `[batch, steps, values]`, and for over 10,000 steps.
 */
export function recurrentParts(options: RecurrentOptions, spec: Recurrence, gates: number, bias: Shape) {
  const { units, useBias, returnSequences } = spec;
  return {
    options,
    spec,
    weights: options.weights,
    seed: options.seed,
    outputShape(input: Shape): Shape {
      requireRank(input, ['batch', 'steps', 'values']);
      const [batch = 0, steps = 0] = input;
      if (steps > MAX_STEPS) throw new ShapeError(`takes at most ${MAX_STEPS} steps, but got ${describeShape(input)}`);
      return returnSequences ? [batch, steps, units] : [batch, units];
    },
    weightShapes: ([, , inputs = 0]: Shape) => ({
      kernel: [inputs, gates * units],
      recurrentKernel: [units, gates * units],
      ...(useBias ? { bias } : {}),
    }),
    fanIn: ([, , inputs = 1]: Shape, weight: string) => (weight === 'kernel' ? inputs : units),
    macs: ([batch = 0, steps = 0, inputs = 0]: Shape) => batch * steps * gates * units * (inputs + units),
    compilable: true,
  } as const;
}

/** The functions of the gates and of new values. Both give new tensors. */
export function functionsOf({ activation, recurrentActivation }: Recurrence) {
  return {
    gate: (x: tf.Tensor2D) => activate(x, recurrentActivation),
    fresh: (x: tf.Tensor2D) => activate(x, activation),
  };
}

/**
 * Takes one step after the other. `projected` is what the kernel makes of all steps, `[batch, steps, gates]`; `step` gets the part of
 * one step and the state, whose first tensor is the output of the step.
 */
export function overSteps(
  { units, returnSequences, goBackwards }: Recurrence,
  projected: tf.Tensor3D,
  states: number,
  step: (gates: tf.Tensor2D, state: readonly tf.Tensor2D[]) => readonly tf.Tensor2D[],
): tf.Tensor {
  const inOrder = tf.unstack(projected, 1) as tf.Tensor2D[];
  let state: readonly tf.Tensor2D[] = Array.from({ length: states }, () => tf.zeros([projected.shape[0], units]));
  const outputs = new Set<tf.Tensor2D>();
  for (const gates of goBackwards ? inOrder.toReversed() : inOrder) {
    const next = tf.tidy(() => [...step(gates, state)]);
    const [output] = next as [tf.Tensor2D];
    // A long sequence must not hold what all its steps made.
    tf.dispose([gates, ...state.filter((old) => !outputs.has(old))]);
    if (returnSequences) outputs.add(output);
    state = next;
  }
  return returnSequences ? tf.stack([...outputs], 1) : (state[0] as tf.Tensor);
}

/** What the kernel makes of all steps: `[b, steps, n]` → `[b, steps, gates]`. */
export function projectedInput(x: tf.Tensor3D, kernel: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor3D {
  const [batch, steps, inputs] = x.shape;
  const rows = tf.matMul(tf.reshape(x, [batch * steps, inputs]), kernel);
  return tf.reshape(bias ? tf.add(rows, bias) : rows, [batch, steps, -1]);
}
