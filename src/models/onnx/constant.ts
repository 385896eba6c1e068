import { WeightsError } from '../../errors/errors.ts';
import { isA } from '../../errors/is-a.ts';
import { sizeOf, type Shape } from '../../stage/shape.ts';

/** @internal A tensor whose values are known before anything runs: a weight, a shape, an axis. */
export interface Constant {
  readonly shape: Shape;
  readonly kind: 'float' | 'int' | 'bool';
  /** The values in row-major order. Integers are exact up to 2^53. */
  readonly data: Float32Array | Float64Array;
  /** ONNX's number for the type of values that are stored in the file. */
  readonly type?: number;
}

/** @internal A constant of integers. */
export function ints(values: readonly number[], shape: Shape = [values.length]): Constant {
  return { shape, kind: 'int', data: Float64Array.from(values) };
}

/** @internal The values in single precision. */
export function floats({ data }: Constant): Float32Array {
  return isA('Float32Array', data) ? data : Float32Array.from(data);
}

/** @internal The only value of a constant; throws `WeightsError` for one of more. */
export function single({ data }: Constant, what: string): number {
  const [value] = data;
  if (value !== undefined && data.length === 1) return value;
  throw new WeightsError(`${what} must be one number, not ${data.length}`);
}

/** @internal A list of zeros for values of a kind. */
export function zeros(kind: Constant['kind'], count: number): Constant['data'] {
  return kind === 'float' ? new Float32Array(count) : new Float64Array(count);
}

/** @internal The constant with its dimensions in another order. */
export function permuted(constant: Constant, order: readonly number[]): Constant {
  const { shape, data, kind } = constant;
  const to = order.map((dimension) => shape[dimension] ?? 1);
  const kept = order.filter((dimension) => shape[dimension] !== 1);
  if (kept.every((dimension, i) => i === 0 || dimension > (kept[i - 1] ?? 0))) return { shape: to, kind, data };
  const steps = order.map((dimension) => sizeOf(shape.slice(dimension + 1)));
  const moved = zeros(kind, data.length);
  const [last, step] = [to.at(-1) ?? 1, steps.at(-1) ?? 1];
  eachIndex(to.slice(0, -1), (index, row) => {
    let from = 0;
    for (let i = 0; i < index.length; i++) from += (index[i] ?? 0) * (steps[i] ?? 1);
    for (let i = row * last; i < (row + 1) * last; i++, from += step) moved[i] = data[from] as number;
  });
  return { shape: to, kind, data: moved };
}

/** @internal Visits each index of a shape in row-major order. The index is one array, which changes. */
export function eachIndex(shape: Shape, visit: (index: readonly number[], flat: number) => void): void {
  const index = shape.map(() => 0);
  const total = sizeOf(shape);
  for (let flat = 0; flat < total; flat++) {
    visit(index, flat);
    for (let d = shape.length - 1; d >= 0; d--) {
      const next = (index[d] ?? 0) + 1;
      if (next < (shape[d] ?? 1)) {
        index[d] = next;
        break;
      }
      index[d] = 0;
    }
  }
}
