import type { Engine } from '../engines/engine-types.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { ModelChoice } from './model-choice.ts';
import { DOWNLOADED, READY_MADE } from './ready-made.ts';

/** Throws `OptionError` for a choice with a precision that there are no weights for. */
export function checkInt8({ model, precision, weights, seed }: ModelChoice): void {
  if (precision !== 'int8') {
    throw new OptionError(`precision (--precision) must be int8, not ${describeValue(precision)}`);
  }
  const given = weights === undefined ? seed === undefined || '--seed' : '--weights';
  if (given !== true) {
    throw new OptionError(`--precision int8 takes the weights that ${model} has: leave out ${given}`);
  }
  const entry = READY_MADE.get(model);
  if (entry?.int8) return;
  const having = [...READY_MADE].filter(([, { int8 }]) => int8).map(([name]) => name);
  const isFile = !entry && !DOWNLOADED.has(model);
  const what = isFile ? `${model} is a file, whose numbers are what they are` : `${model} has no weights of 8 bits`;
  throw new OptionError(
    `--precision int8 is for ${having.join(', ')}: ${what}. Make a file with sluice quantize --model ${model} --calibrate FILES --out FILE.int8.onnx, and give it to --model`,
  );
}

/** What a user should know who asks for integers of 8 bits on an engine that computes in floats. */
export function int8Warning(precision: 'int8' | undefined, { name, reason }: Engine): string | undefined {
  if (precision === undefined || name === 'onnxruntime') return undefined;
  const remedy = 'give --engine onnxruntime, which needs the package onnxruntime-node, or leave out --precision';
  return `--precision int8 is faster on onnxruntime only: ${name} (${reason}) computes the rounded numbers in floats. For speed, ${remedy}`;
}
