import { WeightsError } from '../../errors/errors.ts';
import type { Builder } from './builder.ts';
import type { Constant } from './constant.ts';
import type { OnnxNode } from './onnx-file.ts';
import { isValue, type Operand, type Value } from './value.ts';

/** @internal A node that is converted, and what it takes. */
export interface Conversion {
  readonly node: OnnxNode;
  readonly opset: number;
  /** Undefined for an optional input that is left out. */
  readonly inputs: readonly (Operand | undefined)[];
  readonly build: Builder;
}

/** @internal Converts a node: adds stages, and returns the outputs. Throws an error that says what is not supported. */
export type Convert = (conversion: Conversion) => Operand | readonly Operand[];

/** @internal An input that must not be a constant. */
export function valueAt({ inputs }: Conversion, index = 0): Value {
  const found = inputs[index];
  if (isValue(found)) return found;
  throw new WeightsError(found ? `takes a constant as its input ${index + 1}` : `lacks its input ${index + 1}`);
}

/** @internal An input that must be a constant; undefined where it is left out. */
export function constantIfAny({ inputs }: Conversion, index: number): Constant | undefined {
  const found = inputs[index];
  if (!isValue(found)) return found;
  throw new WeightsError(`takes an input ${index + 1} that is computed; only a constant is supported there`);
}

/** @internal An input that must be a constant. */
export function constantAt(conversion: Conversion, index: number): Constant {
  const found = constantIfAny(conversion, index);
  if (found) return found;
  throw new WeightsError(`lacks its input ${index + 1}`);
}

/** @internal The error for a setting that has no counterpart in sluice. */
export function unsupported(what: string): WeightsError {
  return new WeightsError(`${what} is not supported`);
}
