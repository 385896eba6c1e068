import { few } from '../few-names.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import type { Weight } from '../../stage/weights.ts';
import { floatsOf } from '../half-float.ts';
import { MAX_NAME, MAX_RANK, MAX_WEIGHTS } from '../limits.ts';

/** @internal A stored tensor: its spec and its bytes. */
export interface StoredWeight {
  readonly spec: WeightSpec;
  readonly bytes: Uint8Array;
}

/** @internal The spec of a tensor in a TensorFlow.js model. Its numbers are stored as `quantization.dtype` or, without it, as `dtype`. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly min?: number; readonly scale?: number };
}

/** Bytes per number of each supported type. Strings are not supported. */
const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 };

/** @internal Checks the specs of a model's tensors, besides the `others` that it has. Throws `WeightsError`. */
export function checkSpecs(file: string, specs: unknown, others = 0): WeightSpec[] {
  if (!Array.isArray(specs))
    throw new WeightsError(`the weights of ${file} must be a list, not ${describeValue(specs)}`);
  if (specs.length + others > MAX_WEIGHTS) throw new WeightsError(`${file} has over ${MAX_WEIGHTS} weights`);
  return specs.map((spec: Partial<Record<keyof WeightSpec, unknown>> | null) => {
    const { name, shape, dtype, quantization } = spec ?? {};
    if (typeof name !== 'string' || name === '' || name.length > MAX_NAME) {
      throw new WeightsError(`${file} has a weight whose name is ${describeValue(name)}`);
    }
    const counts = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    // The size can be NaN, as Infinity × 0. NaN would pass any limit.
    if (!counts || shape.length > MAX_RANK || !Number.isSafeInteger(sizeOf(shape as Shape)))
      throw new WeightsError(`${file}: the shape of ${name} is ${describeValue(shape)}`);
    checkDtypes(file, name, dtype, quantization);
    return spec as WeightSpec;
  });
}

function checkDtypes(file: string, name: string, dtype: unknown, quantization: unknown): void {
  const { dtype: stored, min, scale } = (quantization ?? {}) as Partial<Record<string, unknown>>;
  const good = quantization
    ? stored === 'float16' || ((stored === 'uint8' || stored === 'uint16') && isFinite(min) && isFinite(scale))
    : typeof dtype === 'string' && Object.hasOwn(BYTES, dtype);
  if (good) return;
  const what = quantization ? `quantized as ${describeValue(stored)}` : describeValue(dtype);
  throw new WeightsError(
    `${file}: ${name} is ${what}; supported types are ${Object.keys(BYTES).join(', ')}, and uint8 and uint16 with a scale and a min`,
  );
}

function isFinite(value: unknown): boolean {
  return Number.isFinite(value);
}

/** @internal The number of bytes of a stored tensor. */
export function bytesOf({ shape, dtype, quantization }: WeightSpec): number {
  return sizeOf(shape) * (BYTES[quantization?.dtype ?? dtype] ?? 0);
}

/** @internal Splits bytes into tensors. Throws `WeightsError` if the number of bytes is wrong. */
export function splitWeights(
  file: string,
  specs: readonly WeightSpec[],
  bytes: Uint8Array,
  where: string,
): [string, StoredWeight][] {
  const total = specs.reduce((sum, spec) => sum + bytesOf(spec), 0);
  if (total !== bytes.length) {
    throw new WeightsError(
      `${file} needs ${total} bytes of weights in ${where}, but got ${bytes.length}: the files are incomplete or belong to another model`,
    );
  }
  let at = 0;
  return specs.map((spec) => {
    const from = at;
    at += bytesOf(spec);
    return [spec.name, { spec, bytes: bytes.subarray(from, at) }];
  });
}

/** @internal The values of a tensor as 32-bit floats. Throws `WeightsError` for a tensor of another type than floats. */
export function floatsIn(file: string, { spec, bytes }: StoredWeight): Weight {
  const { name, shape, dtype, quantization } = spec;
  if (dtype !== 'float32' && dtype !== 'float16') {
    throw new WeightsError(`${file}: ${name} ${describeShape(shape)} is ${dtype}; a layer's weights must be float32`);
  }
  // The copy is aligned.
  const { buffer } = new Uint8Array(bytes);
  const stored = quantization?.dtype ?? dtype;
  if (stored === 'float16') return { shape, data: floatsOf(new Uint16Array(buffer)) };
  if (!quantization) return { shape, data: new Float32Array(buffer) };
  const { min = 0, scale = 1 } = quantization;
  const steps = stored === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return { shape, data: Float32Array.from(steps, (step) => step * scale + min) };
}

/** @internal A warning that lists weights that are NaN or infinite, or an empty list. */
export function notFinite(file: string, names: readonly string[]): string[] {
  return names.length > 0 ? [`${file} has weights that are NaN or infinite: ${few(names)}`] : [];
}
