import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError, WeightsError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { checkWork } from '../check-work.ts';
import { fewNames } from '../few-names.ts';
import { chooseOutputs } from '../choose-outputs.ts';
import type { LayersModelOptions } from '../layers/layers-model-options.ts';
import { shapeOf } from '../onnx/onnx-input.ts';
import { convertTflite, type GraphInput } from './convert-tflite.ts';
import { QUANTIZED } from './tflite-constant.ts';
import { readTfliteFile, type TfliteFile, type TfliteTensor } from './tflite-file.ts';

/** @internal A converted TFLite model, and what its file says about it. */
export interface ConvertedTflite {
  readonly pipeline: Pipeline<Tensor, Tensor>;
  readonly input: TfliteTensor;
  /** What a model that takes floats makes whole numbers of first. */
  readonly quantized: TfliteTensor | undefined;
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

/** @internal Makes a pipeline of a TFLite file. `known` is the shape of the input where the file leaves it open. Throws `WeightsError` and `OptionError`. */
export function readTfliteModel(
  file: string,
  main: Uint8Array,
  options: LayersModelOptions,
  known?: Shape,
): ConvertedTflite {
  const graph = readTfliteFile(file, main);
  const { metadata } = graph;
  const { tensor, input } = inputOf(file, graph);
  const rank = input.shape.length;
  const order = rank === 1 ? [0] : Array.from({ length: rank - 1 }, (_, i) => i + 1);
  const declared = { name: input.name, shape: input.open.map((size) => (size < 0 ? undefined : size)) };
  const shape = shapeOf(file, declared, { rank, order }, options.inputShape, known);
  const given: GraphInput = { tensor, shape, order, bytes: main.length };
  const outputs = outputsOf(file, graph, options.output);
  const pipeline = convertTflite(file, graph, given, outputs, typeof options.output === 'object');
  checkWork(file, pipeline, options.maxWork);
  const first = graph.operators.find(({ op, inputs }) => op === 'QUANTIZE' && inputs[0] === tensor);
  return { pipeline, input, quantized: graph.tensors[first?.outputs[0] ?? -1], metadata };
}

function inputOf(file: string, { inputs, tensors }: TfliteFile): { tensor: number; input: TfliteTensor } {
  const [tensor, ...others] = inputs;
  const input = tensors[tensor ?? -1];
  if (tensor === undefined || !input) throw new WeightsError(`${file} has no input`);
  if (others.length > 0) {
    const names = inputs.slice(0, 10).map((index) => tensors[index]?.name);
    throw new WeightsError(`${file} takes ${inputs.length} inputs (${names.join(', ')}); a pipeline takes one`);
  }
  if (input.type !== 0 && !QUANTIZED.has(input.type)) {
    throw new WeightsError(
      `${file} takes values of TFLite's type ${input.type} (${input.name}); only floats, and whole numbers of 8 or 16 bits, are supported`,
    );
  }
  if (input.shape.length === 0) throw new WeightsError(`${file} takes a single number; a pipeline takes a batch`);
  return { tensor, input };
}

/** Outputs of the graph, or values of those names that operators give. */
function outputsOf(
  file: string,
  { outputs, tensors, operators }: TfliteFile,
  wanted: LayersModelOptions['output'],
): ReadonlyMap<string, number> {
  const nameOf = (index: number) => tensors[index]?.name ?? '';
  if (outputs.length === 0) throw new WeightsError(`${file} has no output`);
  // Of outputs with one name, the first one is meant; only a name tells which one.
  const named = new Map(outputs.toReversed().map((index) => [nameOf(index), index]));
  if (wanted === undefined && named.size < outputs.length) {
    throw new OptionError(
      `${file} has ${outputs.length} outputs, some of which have the same name: give output (--output) with one of ${fewNames([...named.keys()].toReversed(), 20)}`,
    );
  }
  const given = operators.flatMap((operator) => operator.outputs);
  return chooseOutputs(file, named, wanted, (name) => given.find((index) => nameOf(index) === name));
}
