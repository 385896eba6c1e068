import * as tf from '@tensorflow/tfjs-core';
import type { FrameLabel } from '../errors/frame-label.ts';
import { checkKnown } from '../errors/known-options.ts';
import { disposeAll } from '../stage/begin.ts';
import { sizeOf, type Shape } from '../stage/shape.ts';
import type { Kernel, Stage } from '../stage/stage.ts';
import type { TrainingPass } from '../stage/training-pass.ts';
import { resolveWeights, type Weight, type Weights } from '../stage/weights.ts';
import { assembleStage, stageShapes } from './assemble-stage.ts';
import type { StageDefinition } from './stage-definition.ts';
import { wholeSeed } from '../stage/arguments.ts';

/**
 * Makes a stage that is one operation. All stages of sluice that are not made of other stages are made with it.
 *
 * `kernel` is called for each subscription, and once more for the warm-up, so its variables are the state of one subscription. A
 * kernel that holds tensors of frames returns `{ run, dispose }`.
 *
 * Throws `OptionError` for a name that is empty or contains a `/`, for an option that does not exist, and for a seed that
 * is not a whole number.
 *
 * @see {@link pipeline}, {@link graph}
 *
 * @example
 * const double = stage<tf.Tensor4D, tf.Tensor4D>({
 *   spec: { op: 'double' },
 *   outputShape: (input) => input,
 *   kernel: () => (x) => tf.mul(x, 2),
 * });
 *
 * // The difference of each frame to the one before.
 * const motion = stage<tf.Tensor4D, tf.Tensor4D>({
 *   spec: { op: 'motion' },
 *   outputShape: (input) => input,
 *   kernel: () => {
 *     let last: tf.Tensor4D | undefined;
 *     return {
 *       run(x) {
 *         const difference = tf.sub<tf.Tensor4D>(x, last ?? x);
 *         last?.dispose();
 *         last = tf.keep(tf.clone(x));
 *         return difference;
 *       },
 *       dispose: () => last?.dispose(),
 *     };
 *   },
 * });
 * source.pipe(double, motion, map(({ data }) => data.shape)).subscribe((shape) => console.log(shape));
 * // [ 1, 8, 8, 3 ]
 */
export function stage<I, O>(definition: StageDefinition<I, O>): Stage<I, O> {
  const { spec, options, seed, fill } = definition;
  const shapes = stageShapes(definition);
  const { name, outputShape, weightShapes, macs } = shapes;
  if (options) {
    const own = Object.keys(spec).filter((key) => key !== 'op' && key !== 'name');
    const drawn = ['weights', 'seed'];
    checkKnown(name, options, ['name', ...own, ...(definition.weightShapes ? drawn : [])], drawn);
  }
  if (seed !== undefined) wholeSeed(name, seed);
  const fanIn = (input: Shape, weight: string) =>
    definition.fanIn?.(input, weight) ?? macs(input) / sizeOf(outputShape(input));
  const weights = (input: Shape, more?: Weights) =>
    resolveWeights(
      name,
      weightShapes(input),
      { ...definition.weights, ...more },
      { seed, fill, fanIn: (weight) => fanIn(input, weight) },
    );
  return assembleStage(definition, shapes, {
    weights,
    inner: () => [],
    build: (input, more) => buildKernel(definition, input, weights(input, more)),
    kernelWith: (input, tensors, pass) => compute(definition, input, { ...tensors }, pass),
    changed: (changes) => stage({ ...definition, ...changes }),
  });
}

/** Puts the weights on the device and makes the computation ready. */
function buildKernel<I, O>(
  definition: StageDefinition<I, O>,
  input: Shape,
  weights: Readonly<Record<string, Weight>>,
): Kernel<I, O> {
  const { stateless = definition.compilable } = definition;
  const { own, dispose } = owner();
  const tensors: Record<string, tf.Tensor> = {};
  /** The computation that is given to the first subscription. */
  let first: Kernel<I, O> | undefined;
  try {
    for (const [name, { data, shape }] of Object.entries(weights)) {
      tensors[name] = own(tf.tensor(data, [...shape], 'float32'));
    }
    first = compute(definition, input, tensors);
  } catch (error) {
    dispose();
    throw error;
  }
  const begin = () => {
    const begun = first ?? compute(definition, input, tensors);
    first = undefined;
    return begun;
  };
  return {
    ...(stateless ? { run: first.run } : { run: (x, label) => (first ??= begin()).run(x, label), begin }),
    dispose: () => disposeAll([first, { dispose }]),
  };
}

/** Makes the computation with weights that are on the device. */
function compute<I, O>(
  definition: StageDefinition<I, O>,
  input: Shape,
  weights: Record<string, tf.Tensor>,
  pass?: TrainingPass,
): Kernel<I, O> {
  const { own, dispose } = owner();
  try {
    const made =
      pass && definition.training
        ? definition.training(input, weights, own, pass)
        : definition.kernel(input, weights, own);
    const kernel = typeof made === 'function' ? { run: made, dispose: () => undefined } : made;
    const run = (x: I, label?: FrameLabel) => kernel.run(x, label);
    const tidied = (x: I, label?: FrameLabel) => tf.tidy(() => run(x, label) as tf.TensorContainer) as O;
    return { run: definition.clean ? run : tidied, dispose: () => disposeAll([kernel, { dispose }]) };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Keeps tensors, and disposes them together. */
function owner(): { own: (tensor: tf.Tensor) => tf.Tensor; dispose: () => void } {
  const owned: tf.Tensor[] = [];
  const own = (tensor: tf.Tensor) => {
    owned.push(tf.keep(tensor));
    return tensor;
  };
  return { own, dispose: () => tf.dispose(owned) };
}
