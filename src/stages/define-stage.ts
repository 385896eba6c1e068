import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { checkKnown } from '../errors/known-options.ts';
import { sizeOf, type Shape } from '../stage/shape.ts';
import type { Kernel, Stage } from '../stage/stage.ts';
import { resolveWeights, type Weight, type Weights } from '../stage/weights.ts';
import { assembleStage, stageShapes } from './assemble-stage.ts';
import type { StageDefinition } from './stage-definition.ts';

/**
 * Makes a stage that is one operation. All stages of sluice that are not made of other stages are made with it.
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
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new OptionError(`${name}: seed must be a whole number, not ${describeValue(seed)}`, { stage: name });
  }
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
    changed: (changes) => stage({ ...definition, ...changes }),
  });
}

/** Puts the weights on the device and makes the computation ready. */
function buildKernel<I, O>(
  definition: StageDefinition<I, O>,
  input: Shape,
  weights: Readonly<Record<string, Weight>>,
): Kernel<I, O> {
  const owned: tf.Tensor[] = [];
  const own = (tensor: tf.Tensor) => {
    owned.push(tf.keep(tensor));
    return tensor;
  };
  const dispose = () => tf.dispose(owned);
  try {
    const tensors: Record<string, tf.Tensor> = {};
    for (const [name, { data, shape }] of Object.entries(weights)) {
      tensors[name] = own(tf.tensor(data, [...shape], 'float32'));
    }
    const compute = definition.kernel(input, tensors, own);
    const tidied = (x: I): O => tf.tidy(() => compute(x) as tf.TensorContainer) as O;
    return { run: definition.clean ? compute : tidied, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
