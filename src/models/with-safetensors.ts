import { messageOf, OptionError, WeightsError } from '../errors/errors.ts';
import type { Weight } from '../stage/weights.ts';
import type { Pipeline } from '../stages/pipeline.ts';
import { fewNames } from './few-names.ts';
import { readSafetensors } from './safetensors.ts';

/**
 * Returns a pipeline with all its weights from a safetensors file, which names them `<stage>/<weight>`. `bytes` must not change
 * afterwards (see `readSafetensors`). `withTorchWeights` reads files with the names of PyTorch.
 *
 * Throws `WeightsError` that names the file if it is damaged, lacks a weight, or has a weight that the pipeline does not have.
 * Throws `OptionError` for a pipeline without a declared input shape, because its weights' shapes are unknown.
 *
 * @see {@link readSafetensors}, {@link withSeed}, {@link withTorchWeights}
 *
 * @example
 * const net = pipeline({ inputShape: [1, 4] }, dense({ units: 2, useBias: false }));
 * const file = writeSafetensors({ 'dense/kernel': { shape: [4, 2], data: new Float32Array(8) } });
 * const loaded = withSafetensors(net, file, 'demo.safetensors');
 */
export function withSafetensors<I, O>(pipeline: Pipeline<I, O>, bytes: Uint8Array, file: string): Pipeline<I, O> {
  declaredInput(pipeline);
  return withOwnWeights(pipeline, readSafetensors(bytes, file), file);
}

/** @internal The pipeline's input shape. Throws `OptionError` for a pipeline that declares none. */
export function declaredInput({
  inputShape,
  name,
}: Pick<Pipeline<never, unknown>, 'inputShape' | 'name'>): readonly number[] {
  if (!inputShape) throw new OptionError(`${name}: declare inputShape to load its weights from a file`);
  return inputShape;
}

/** @internal Whether weights are named as PyTorch names them: by modules, with dots. */
export function hasTorchNames(weights: Readonly<Record<string, Weight>>): boolean {
  return Object.keys(weights).some((name) => /^[^/]+\.(weight|bias|running_(mean|var))$/.test(name));
}

/** @internal A pipeline with weights that are named `<stage>/<weight>`. Throws `WeightsError`. */
export function withOwnWeights<I, O>(
  pipeline: Pipeline<I, O>,
  weights: Readonly<Record<string, Weight>>,
  file: string,
): Pipeline<I, O> {
  const { name } = pipeline;
  const shapes = pipeline.weightShapes(declaredInput(pipeline));
  const [given, expected] = [Object.keys(weights), Object.keys(shapes)];
  const missing = expected.filter((key) => !Object.hasOwn(weights, key));
  if (missing.length > 0) {
    // Of a file of another network, its own names say which one it is.
    const has = missing.length === expected.length ? `; it has ${fewNames(given) || 'none'}` : '';
    const torch = hasTorchNames(weights) ? ', as PyTorch names them: use withTorchWeights' : '';
    throw new WeightsError(`${file} lacks ${fewNames(missing)} of ${name}${has}${torch}`);
  }
  const unknown = given.filter((key) => !Object.hasOwn(shapes, key));
  if (unknown.length > 0) throw new WeightsError(`${file} does not fit ${name}, which has no ${fewNames(unknown)}`);
  try {
    return pipeline.withWeights(weights);
  } catch (cause) {
    throw new WeightsError(`${file} does not fit ${name}: ${messageOf(cause)}`, { cause });
  }
}
