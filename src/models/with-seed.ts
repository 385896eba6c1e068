import type { Pipeline } from '../stages/pipeline.ts';
import { fromSpec } from './from-spec.ts';

/**
 * The same pipeline with weights drawn at random, each stage from a seed of its own, counted up from this one: the same
 * seed gives the same weights everywhere. For trying, timing and testing a network, not for what it says.
 *
 * Throws `OptionError` for a seed that is no whole number of at least 0, and for a pipeline with stages of your own.
 *
 * @see {@link withSafetensors}
 *
 * @example
 * const net = pipeline({ inputShape: [1, 4] }, dense({ units: 2 }), softmax());
 * console.log(Object.keys(withSeed(net, 1).weights([1, 4]))); // ['dense/kernel', 'dense/bias']
 */
export function withSeed<I, O>(net: Pipeline<I, O>, seed: number): Pipeline<I, O> {
  return fromSpec(net.spec, { seed }) as unknown as Pipeline<I, O>;
}
