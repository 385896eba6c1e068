import type { Engine } from '../../engines/engine-types.ts';

/** What a user should know who asks for integers of 8 bits on an engine that computes in floats. */
export function int8Warning(precision: 'int8' | undefined, { name, reason }: Engine): string | undefined {
  if (precision === undefined || name === 'onnxruntime') return undefined;
  const remedy = 'give --engine onnxruntime, which needs the package onnxruntime-node, or leave out --precision';
  return `--precision int8 is faster on onnxruntime only: ${name} (${reason}) computes the rounded numbers in floats. For speed, ${remedy}`;
}
