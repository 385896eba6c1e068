import { OptionError } from '../../errors/errors.ts';
import type { OnnxModelOptions } from '../onnx/onnx-model-options.ts';

/** The options that not every format of models has. */
export type FormatOption = 'input' | 'constants' | 'state' | 'onnxRuntime' | 'runtimeOptions';

const INPUTS: readonly FormatOption[] = ['input', 'constants', 'state'];
const RUNTIME: readonly FormatOption[] = ['onnxRuntime', 'runtimeOptions'];

/** Throws `OptionError` for options that the format of a file does not have. `taken` are those that it has. */
export function refuseOptions(file: string, options: OnnxModelOptions, taken: readonly FormatOption[] = []): void {
  const given = (names: readonly FormatOption[]) =>
    names.filter((name) => options[name] !== undefined && !taken.includes(name));
  const leave = (names: readonly FormatOption[]) => `leave ${names.length > 1 ? 'them' : 'it'} out`;
  const [inputs, runtime] = [given(INPUTS), given(RUNTIME)];
  if (inputs.length > 0) {
    throw new OptionError(
      `${file} takes one input, and ${inputs.join(' and ')} name inputs of graph models and ONNX models: ${leave(inputs)}`,
    );
  }
  if (runtime.length === 0) return;
  throw new OptionError(
    `${file} is no ONNX model, and ${runtime.join(' and ')} ${runtime.length > 1 ? 'are' : 'is'} for those: ${leave(runtime)}`,
  );
}
