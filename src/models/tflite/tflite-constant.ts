import { WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import { floatsOf } from '../half-float.ts';
import { MAX_VALUES } from '../limits.ts';
import type { Constant } from '../onnx/constant.ts';
import type { Quantization, TfliteTensor } from './tflite-file.ts';

/** A type of values: how many bytes each takes, and how a list of them is read. */
interface ValueType {
  readonly name: string;
  readonly kind: Constant['kind'];
  readonly bytes: number;
  readonly read: (buffer: ArrayBuffer) => Constant['data'];
}

/** By TFLite's numbers. */
const TYPES: ReadonlyMap<number, ValueType> = new Map([
  [0, { name: 'FLOAT32', kind: 'float', bytes: 4, read: (buffer) => new Float32Array(buffer) }],
  [1, { name: 'FLOAT16', kind: 'float', bytes: 2, read: (buffer) => floatsOf(new Uint16Array(buffer)) }],
  [2, { name: 'INT32', kind: 'int', bytes: 4, read: (buffer) => Float64Array.from(new Int32Array(buffer)) }],
  [3, { name: 'UINT8', kind: 'int', bytes: 1, read: (buffer) => Float32Array.from(new Uint8Array(buffer)) }],
  [4, { name: 'INT64', kind: 'int', bytes: 8, read: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number) }],
  [6, { name: 'BOOL', kind: 'bool', bytes: 1, read: (buffer) => Float32Array.from(new Uint8Array(buffer)) }],
  [7, { name: 'INT16', kind: 'int', bytes: 2, read: (buffer) => Float32Array.from(new Int16Array(buffer)) }],
  [9, { name: 'INT8', kind: 'int', bytes: 1, read: (buffer) => Float32Array.from(new Int8Array(buffer)) }],
  [10, { name: 'FLOAT64', kind: 'float', bytes: 8, read: (buffer) => new Float64Array(buffer) }],
]);

/** @internal The least and the greatest whole number of the types that stand for real numbers. */
export const QUANTIZED: ReadonlyMap<number, readonly [number, number]> = new Map([
  [3, [0, 255]],
  [7, [-32_768, 32_767]],
  [9, [-128, 127]],
]);

/**
 * @internal The values of a tensor that is stored. Whole numbers that stand for real ones become these. Throws `WeightsError`.
 * `scales` take the place of the tensor's own.
 */
export function constantOf(file: string, tensor: TfliteTensor, scales?: readonly number[]): Constant {
  const { name, shape, data, quantization, storage } = tensor;
  const called = `${file}: ${name.slice(0, 200) || 'a weight'}`;
  if (storage !== undefined) throw new WeightsError(`${called} is stored ${storage}, which is not supported`);
  const type = TYPES.get(tensor.type);
  if (!type) throw new WeightsError(`${called} has values of TFLite's type ${tensor.type}, which is not supported`);
  const values = sizeOf(shape);
  if (!(values <= MAX_VALUES))
    throw new WeightsError(`${called} ${describeShape(shape)} has over ${MAX_VALUES} values`);
  const [bytes, stored] = [values * type.bytes, data?.length ?? 0];
  if (stored !== bytes) {
    throw new WeightsError(`${called} is ${describeShape(shape)} of ${type.name}, ${bytes} bytes, but has ${stored}`);
  }
  // The copy is aligned.
  const read = type.read(new Uint8Array(data ?? []).buffer);
  const told = scales ? { scales, zeros: [], dimension: shape.length - 1 } : quantization;
  if (type.kind === 'float' || !told) return { shape, kind: type.kind, data: read };
  return { shape, kind: 'float', data: dequantized(called, tensor, read, told) };
}

/** scale · (q − zero), with one scale and one zero for all values, or for each place along a dimension. */
function dequantized(
  called: string,
  { shape }: TfliteTensor,
  data: Constant['data'],
  { scales, zeros, dimension }: Quantization,
): Float32Array {
  const isEach = scales.length > 1;
  const size = shape[dimension] ?? 0;
  const fits = zeros.length <= 1 || zeros.length === scales.length;
  if (!fits || (isEach && size !== scales.length)) {
    const what = `${scales.length} scales and ${zeros.length} zero points along dimension ${dimension}`;
    throw new WeightsError(`${called} is ${describeShape(shape)}, but has ${what}`);
  }
  const inner = isEach ? sizeOf(shape.slice(dimension + 1)) : data.length;
  const floats = new Float32Array(data.length);
  const places = isEach ? size : 1;
  for (let start = 0, place = 0; start < floats.length; start += inner, place = (place + 1) % places) {
    const scale = scales[place] ?? 1;
    const zero = zeros[zeros.length > 1 ? place : 0] ?? 0;
    for (let i = start; i < start + inner; i++) floats[i] = scale * ((data[i] ?? 0) - zero);
  }
  return floats;
}
