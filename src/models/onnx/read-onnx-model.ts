import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, WeightsError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import type { LastOperation } from '../last-operation.ts';
import { checkWork } from '../check-work.ts';
import { chooseOutputs } from '../choose-outputs.ts';
import { MAX_WEIGHT_BYTES, MAX_WEIGHT_FILES } from '../limits.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import { convertNodes, finished, pipelineOf } from './convert-graph.ts';
import { fewNames } from '../few-names.ts';
import { fixedInputs, type StateInput } from './fixed-inputs.ts';
import { lastOnnxOperation } from './runtime/last-onnx-operation.ts';
import { RUNTIME_OPTION_NAMES, RUNTIME_SHARES, type OnnxModelOptions } from './onnx-model-options.ts';
import { readOnnxFile, type OnnxFile } from './onnx-file.ts';
import { inputOf, isSluices } from './onnx-input.ts';
import { onRuntime } from './runtime/on-runtime.ts';
import { plainPath } from './runtime/write-rest.ts';
import { byteLength, type StoredTensor } from './stored-tensor.ts';

/** @internal A converted ONNX model, and what its file says about it. */
export interface ConvertedOnnx {
  readonly pipeline: Pipeline<Tensor, Tensor>;
  readonly input: { readonly name: string; readonly shape: Shape };
  /** The outputs that the pipeline gives. */
  readonly outputs: readonly string[];
  /** The texts that are stored in the file, by name. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether sluice wrote the file. */
  readonly bySluice: boolean;
  /** The last operation before the only output, or before one of several, where the stages do not show it. */
  readonly last?: (output: string | undefined) => LastOperation;
}

/**
 * @internal Makes a pipeline of an ONNX file. `known` gives the shape of the input, where the file leaves it open, by its metadata.
 * Throws `WeightsError` and `OptionError`.
 */
export async function readOnnxModel(
  files: Pick<ModelFiles, 'name' | 'beside'>,
  main: Uint8Array,
  options: OnnxModelOptions,
  known?: (metadata: ReadonlyMap<string, string>) => Shape | undefined,
): Promise<ConvertedOnnx> {
  const file = files.name;
  const { graph, constants, state } = fixedInputs(file, readOnnxFile(file, main), options);
  const input = inputOf(file, graph, options.inputShape, known?.(graph.metadata));
  const outputs = outputsOf(file, graph, options.output, state);
  const { tensors: beside, files: besides } = await externalData(files, graph);
  const several = Array.isArray(options.output);
  const converted = convertNodes(file, graph, { ...input, beside }, outputs, state);
  const { problems } = converted;
  const { metadata } = graph;
  const found = { outputs, metadata, bySluice: isSluices(graph) };
  const done = (pipeline: Pipeline<Tensor, Tensor>) => {
    checkWork(file, pipeline, options.maxWork);
    return { pipeline, input: { name: input.name, shape: pipeline.inputShape ?? [] } };
  };
  const share = runtimeShareOf(file, options);
  if (state.length > 0 && share !== 'whole') {
    throw new OptionError(
      `${file}: only ONNX Runtime keeps a state of an ONNX model: give onnxRuntime: 'whole' (--onnx-runtime whole) if you trust the file`,
    );
  }
  if (problems.overLimits || share === undefined || (share === 'rest' && !problems.any)) {
    problems.check();
    const results = new Map(outputs.map((output) => [output, finished(converted, output)]));
    return { ...found, ...done(pipelineOf(converted, results, several)) };
  }
  const pipeline = await onRuntime(converted, outputs, several, {
    main,
    beside: besides,
    share,
    constants,
    state,
    options: options.runtimeOptions,
  });
  return { ...found, ...done(pipeline), last: (output) => lastOnnxOperation(graph, output ?? outputs[0] ?? '') };
}

function runtimeShareOf(
  file: string,
  { onnxRuntime: asked, runtimeOptions }: OnnxModelOptions,
): OnnxModelOptions['onnxRuntime'] {
  if (runtimeOptions !== undefined) checkOptions('runtimeOptions', runtimeOptions, RUNTIME_OPTION_NAMES);
  if (runtimeOptions !== undefined && asked === undefined) {
    throw new OptionError(
      `${file}: runtimeOptions are for what runs on ONNX Runtime: give onnxRuntime, or leave them out`,
    );
  }
  if (asked === undefined || RUNTIME_SHARES.some((share) => share === asked)) return asked;
  throw new OptionError(`${file}: onnxRuntime must be ${RUNTIME_SHARES.join(', ')}, not ${describeValue(asked)}`);
}

function outputsOf(
  file: string,
  graph: OnnxFile,
  wanted: OnnxModelOptions['output'],
  state: readonly StateInput[],
): readonly string[] {
  const all = graph.outputs.map(({ name }) => name);
  const lost = state.find(({ from }) => !all.includes(from));
  if (lost) throw new OptionError(`${file} has no output ${lost.from} (state); it has ${fewNames(all, 20)}`);
  // Without a choice, what is for the next frame only is no output.
  const names = wanted === undefined ? all.filter((name) => !state.some(({ from }) => from === name)) : all;
  if (names.length === 0) throw new WeightsError(`${file} has no output`);
  return [...chooseOutputs(file, new Map(names.map((name) => [name, name])), wanted).keys()];
}

/** The bytes of the tensors that are in other files, and these files by their paths. Each file is read once. */
async function externalData(
  files: Pick<ModelFiles, 'name' | 'beside'>,
  { initializers }: OnnxFile,
): Promise<{ readonly tensors: Map<StoredTensor, Uint8Array>; readonly files: Map<string, Uint8Array> }> {
  const read = new Map<string, Uint8Array>();
  const tensors = new Map<StoredTensor, Uint8Array>();
  let left = MAX_WEIGHT_BYTES;
  for (const tensor of initializers.values()) {
    const { external, name } = tensor;
    if (!external) continue;
    const { location, offset, length = byteLength(files.name, tensor) } = external;
    if (read.size > MAX_WEIGHT_FILES)
      throw new WeightsError(`${files.name} has weights in over ${MAX_WEIGHT_FILES} files`);
    const path = plainPath(location);
    const bytes = read.get(path) ?? (await files.beside(path, left));
    if (!read.has(path)) left -= bytes.length;
    read.set(path, bytes);
    if (offset + length > bytes.length) {
      throw new WeightsError(
        `${files.name}: ${name} is at ${offset} to ${offset + length} of ${path}, which has ${bytes.length} bytes`,
      );
    }
    tensors.set(tensor, bytes.subarray(offset, offset + length));
  }
  return { tensors, files: read };
}
