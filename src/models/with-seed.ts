import type { Pipeline } from '../stages/pipeline.ts';
import { fromSpec } from './from-spec.ts';

/**
 * Returns the pipeline with random weights, to try out, time or test a model. Each stage has a seed of its own, counted up from
 * `seed`. The same seed gives the same weights on every machine.
 *
 * Throws `OptionError` for a seed that is not a whole number of at least 0, and for a pipeline with stages of your own.
 *
 * @see {@link withSafetensors}
 *
 * @example
 * const net = pipeline({ inputShape: [1, 4] }, dense({ units: 2 }), softmax());
 * console.log(Object.keys(withSeed(net, 1).weights([1, 4]))); // ['dense/kernel', 'dense/bias']
 */
export function withSeed<I, O>(pipeline: Pipeline<I, O>, seed: number): Pipeline<I, O> {
  return fromSpec(pipeline.spec, { seed, maxWork: Infinity }) as unknown as Pipeline<I, O>;
}
