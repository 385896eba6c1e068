import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import type { OnnxNode } from './onnx-file.ts';
import type { StoredTensor } from './stored-tensor.ts';

// The attributes of a node, as the operator expects them. Each function throws `WeightsError` for a value of another type.

type Attributes = Pick<OnnxNode, 'attributes'>;

/** @internal A number. */
export function number({ attributes }: Attributes, name: string, otherwise: number): number {
  const value = attributes.get(name) ?? otherwise;
  return typeof value === 'number' ? value : wrong(name, 'a number', value);
}

/** @internal A whole number that says yes or no. */
export function flag(node: Attributes, name: string, otherwise = false): boolean {
  return number(node, name, otherwise ? 1 : 0) !== 0;
}

/** @internal A list of numbers, or undefined if there is none. */
export function list({ attributes }: Attributes, name: string): readonly number[] | undefined {
  const value = attributes.get(name);
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'number');
  return value === undefined || isList ? value : wrong(name, 'a list of numbers', value);
}

/** @internal A list of texts, or undefined if there is none. */
export function texts({ attributes }: Attributes, name: string): readonly string[] | undefined {
  const value = attributes.get(name);
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return value === undefined || isList ? value : wrong(name, 'a list of texts', value);
}

/** @internal A text. */
export function text({ attributes }: Attributes, name: string, otherwise: string): string {
  const value = attributes.get(name) ?? otherwise;
  return typeof value === 'string' ? value : wrong(name, 'a text', value);
}

/** @internal A tensor, or undefined if there is none. */
export function tensor({ attributes }: Attributes, name: string): StoredTensor | undefined {
  const value = attributes.get(name);
  if (value === undefined || (typeof value === 'object' && 'raw' in value)) return value;
  return wrong(name, 'a tensor', value);
}

function wrong(name: string, what: string, value: unknown): never {
  throw new WeightsError(`attribute ${name} must be ${what}, not ${describeValue(value)}`);
}
