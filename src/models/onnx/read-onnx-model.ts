import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, WeightsError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { checkWork } from '../check-work.ts';
import type { LayersModelOptions } from '../layers/layers-model-options.ts';
import { MAX_WEIGHT_BYTES, MAX_WEIGHT_FILES } from '../limits.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import { convertGraph } from './convert-graph.ts';
import { readOnnxFile, type OnnxFile } from './onnx-file.ts';
import { inputOf, isSluices } from './onnx-input.ts';
import { byteLength, type StoredTensor } from './stored-tensor.ts';

/** @internal The options that the reading of an ONNX model takes: of several outputs, one or some. */
export interface ReadOnnxOptions extends Omit<LayersModelOptions, 'output'> {
  readonly output?: string | readonly string[];
}

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
}

/**
 * @internal Makes a pipeline of an ONNX file. `known` gives the shape of the input, where the file leaves it open, by its metadata.
 * Throws `WeightsError` and `OptionError`.
 */
export async function readOnnxModel(
  files: Pick<ModelFiles, 'name' | 'beside'>,
  main: Uint8Array,
  options: ReadOnnxOptions,
  known?: (metadata: ReadonlyMap<string, string>) => Shape | undefined,
): Promise<ConvertedOnnx> {
  const file = files.name;
  const graph = readOnnxFile(file, main);
  const input = inputOf(file, graph, options.inputShape, known?.(graph.metadata));
  const outputs = outputsOf(file, graph, options.output);
  const beside = await externalData(files, graph);
  const pipeline = convertGraph(file, graph, { ...input, beside }, outputs, Array.isArray(options.output));
  checkWork(file, pipeline, options.maxWork);
  const shape = pipeline.inputShape ?? [];
  const { metadata } = graph;
  return { pipeline, input: { name: input.name, shape }, outputs, metadata, bySluice: isSluices(graph) };
}

function outputsOf(file: string, graph: OnnxFile, wanted: ReadOnnxOptions['output']): readonly string[] {
  const names = graph.outputs.map(({ name }) => name);
  const listed = names.slice(0, 20).join(', ');
  if (names.length === 0) throw new WeightsError(`${file} has no output`);
  if (wanted === undefined && names.length === 1) return names;
  if (wanted === undefined)
    throw new OptionError(`${file} has ${names.length} outputs: give output (--output), one or several of ${listed}`);
  const asked: readonly unknown[] = [wanted].flat();
  const good = asked.length > 0 && asked.every((name) => names.includes(name as string));
  if (good && new Set(asked).size === asked.length) return asked as readonly string[];
  throw new OptionError(`${file}: output must be one of ${listed}, not ${describeValue(wanted)}`);
}

/** The bytes of the tensors that are in other files. Each file is read once. */
async function externalData(
  files: Pick<ModelFiles, 'name' | 'beside'>,
  { initializers }: OnnxFile,
): Promise<Map<StoredTensor, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  const beside = new Map<StoredTensor, Uint8Array>();
  let left = MAX_WEIGHT_BYTES;
  for (const tensor of initializers.values()) {
    const { external, name } = tensor;
    if (!external) continue;
    const { location, offset, length = byteLength(files.name, tensor) } = external;
    if (read.size > MAX_WEIGHT_FILES)
      throw new WeightsError(`${files.name} has weights in over ${MAX_WEIGHT_FILES} files`);
    const path = location.replace(/^\.\//, '');
    const bytes = read.get(path) ?? (await files.beside(path, left));
    if (!read.has(path)) left -= bytes.length;
    read.set(path, bytes);
    if (offset + length > bytes.length) {
      throw new WeightsError(
        `${files.name}: ${name} is at ${offset} to ${offset + length} of ${path}, which has ${bytes.length} bytes`,
      );
    }
    beside.set(tensor, bytes.subarray(offset, offset + length));
  }
  return beside;
}
