import { messageOf, OptionError, WeightsError } from '../errors/errors.ts';
import type { Pipeline } from '../stages/pipeline.ts';
import { readSafetensors } from './safetensors.ts';

/**
 * Returns a pipeline with all its weights from a safetensors file, which names them `<stage>/<weight>`. `bytes` must not change
 * afterwards (see `readSafetensors`).
 *
 * Throws `WeightsError` that names the file if it is damaged, lacks a weight, or has a weight that the pipeline does not have.
 * Throws `OptionError` for a pipeline without a declared input shape, because its weights' shapes are unknown.
 *
 * @see {@link readSafetensors}, {@link withSeed}
 *
 * @example
 * const net = pipeline({ inputShape: [1, 4] }, dense({ units: 2, useBias: false }));
 * const file = writeSafetensors({ 'dense/kernel': { shape: [4, 2], data: new Float32Array(8) } });
 * const loaded = withSafetensors(net, file, 'demo.safetensors');
 */
export function withSafetensors<I, O>(pipeline: Pipeline<I, O>, bytes: Uint8Array, file: string): Pipeline<I, O> {
  const { inputShape, name } = pipeline;
  if (!inputShape) throw new OptionError(`${name}: declare inputShape to load its weights from a file`);
  const weights = readSafetensors(bytes, file);
  const missing = Object.keys(pipeline.weightShapes(inputShape)).filter((key) => !Object.hasOwn(weights, key));
  if (missing.length > 0) throw new WeightsError(`${file} lacks ${missing.join(', ')} of ${name}`);
  try {
    return pipeline.withWeights(weights);
  } catch (cause) {
    throw new WeightsError(`${file} does not fit ${name}: ${messageOf(cause)}`, { cause });
  }
}
