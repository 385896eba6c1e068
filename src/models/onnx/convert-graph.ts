import type { Tensor } from '@tensorflow/tfjs-core';
import { SluiceError, WeightsError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import { activation } from '../../stages/activation.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { pipelineOfNodes } from '../layers/pipeline-of-nodes.ts';
import { Builder } from './builder.ts';
import { Constants } from './constants.ts';
import { OPERATORS } from './convert/operators.ts';
import { checkIntegers } from './convert/quantization.ts';
import type { StateInput } from './fixed-inputs.ts';
import type { OnnxFile, OnnxNode } from './onnx-file.ts';
import { called, Problems } from './problems.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { isValue, type Operand, type Value } from './value.ts';

/** @internal What a graph is converted with. */
export interface GraphInput {
  readonly name: string;
  /** ONNX's shape of the input, with one picture. */
  readonly shape: Shape;
  /** The dimensions of the input in the pipeline's tensor, after the batch. */
  readonly order: readonly number[];
  /** The bytes of tensors that are in other files. */
  readonly beside: ReadonlyMap<StoredTensor, Uint8Array>;
}

/** @internal The nodes of a graph as stages, as far as they can be. */
export interface ConvertedNodes {
  readonly file: string;
  readonly graph: OnnxFile;
  readonly input: GraphInput;
  readonly build: Builder;
  readonly constants: Constants;
  /** What the nodes give, by name. Undefined where a node, or one before it, cannot be converted. */
  readonly values: ReadonlyMap<string, Value | undefined>;
  readonly problems: Problems;
  /** The nodes that the outputs depend on, in their order. */
  readonly needed: readonly OnnxNode[];
}

const INPUT = 'input';

/** @internal Turns the nodes of a graph into stages. Throws `WeightsError` that names all nodes that cannot be. */
export function convertGraph(
  file: string,
  graph: OnnxFile,
  input: GraphInput,
  outputs: readonly string[],
  several = outputs.length > 1,
): Pipeline<Tensor, Tensor> {
  const converted = convertNodes(file, graph, input, outputs);
  converted.problems.check();
  const results = new Map(outputs.map((output) => [output, finished(converted, output)]));
  return pipelineOf(converted, results, several);
}

/**
 * @internal Turns those nodes into stages that can be: not those that depend on a `state`. Throws `WeightsError` for a graph that does
 * not hold together.
 */
export function convertNodes(
  file: string,
  graph: OnnxFile,
  input: GraphInput,
  outputs: readonly string[],
  state: readonly Pick<StateInput, 'name' | 'from'>[] = [],
): ConvertedNodes {
  const build = new Builder(INPUT);
  const constants = new Constants(file, graph, input.beside);
  const values = new Map<string, Value | undefined>();
  values.set(input.name, { id: INPUT, shape: input.shape, order: input.order });
  for (const { name } of state) values.set(name, undefined);
  const problems = new Problems(file);
  const needed = neededNodes(graph, [...outputs, ...state.map(({ from }) => from)]);
  const taken = new Set([...outputs, ...needed.flatMap(({ inputs }) => inputs)]);
  for (const node of needed) {
    const missing = node.inputs.find((name) => name !== '' && !values.has(name) && !constants.has(name));
    if (missing !== undefined)
      throw new WeightsError(`${file}: ${called(node)} takes ${missing}, which does not exist`);
    if (node.inputs.every((name) => name === '' || constants.has(name)) && node.captured === undefined) {
      constants.add(node);
      continue;
    }
    const made = converted(node, build, constants, values, problems);
    node.outputs.forEach((name, i) => {
      const output = made?.[i];
      if (name === '') return;
      if (output && !isValue(output)) constants.set(name, output);
      else values.set(name, output);
      if (made && !output && taken.has(name)) {
        problems.wrong(node, new WeightsError(`its output ${name} is not supported`));
      }
    });
  }
  checkIntegers(needed, outputs, problems);
  for (const output of outputs) {
    if (values.has(output)) continue;
    const what = constants.has(output) ? 'does not depend on the input' : 'is given by no node';
    throw new WeightsError(`${file}: the output ${output} ${what}`);
  }
  return { file, graph, input, build, constants, values, problems, needed };
}

/** @internal The pipeline that gives one value, or several by their names, each of which is then a node at the end. */
export function pipelineOf(
  { graph, input, build }: ConvertedNodes,
  results: ReadonlyMap<string, Value>,
  several: boolean,
): Pipeline<Tensor, Tensor> {
  const last = [...results].map(([name, value]) => (several ? ended(build, name, value) : value));
  const inputShape = [1, ...input.order.map((dimension) => input.shape[dimension] ?? 1)];
  const named = several
    ? Object.fromEntries([...results.keys()].map((name, i) => [name, last[i]?.id ?? '']))
    : undefined;
  const options = { name: nameOf(graph), inputShape };
  return pipelineOfNodes(options, INPUT, used(build, last), named) as unknown as Pipeline<Tensor, Tensor>;
}

/** @internal The name of a graph's pipeline. */
export function nameOf({ name }: OnnxFile): string {
  return (name || 'onnx').replaceAll('/', '.');
}

/** The outputs of a node; undefined where it, or one before it, cannot be converted. */
function converted(
  node: OnnxNode,
  build: Builder,
  constants: Constants,
  values: ReadonlyMap<string, Value | undefined>,
  problems: Problems,
): readonly Operand[] | undefined {
  const convert = OPERATORS.get(node.op);
  if (!convert) {
    problems.unknown(node);
    return undefined;
  }
  try {
    const known = node.inputs.every((name) => name === '' || constants.has(name) || values.get(name));
    if (!known) return undefined;
    const inputs = node.inputs.map((name) =>
      name === '' ? undefined : constants.has(name) ? constants.get(name) : values.get(name),
    );
    build.begin(node.name || node.outputs.find((name) => name !== '') || node.op);
    const made = convert({ node, inputs, build, opset: constants.opset });
    return Array.isArray(made) ? (made as readonly Operand[]) : [made as Operand];
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    problems.wrong(node, error);
    return undefined;
  }
}

/** The nodes that the outputs depend on, in their order. */
function neededNodes({ nodes }: OnnxFile, outputs: readonly string[]): OnnxNode[] {
  const wanted = new Set(outputs);
  const needed: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    for (const name of [...node.inputs, ...(node.captured ?? [])]) wanted.add(name);
    needed.push(node);
  }
  return needed.toReversed();
}

/** @internal The value that comes out, in the layout that the pipeline promises. */
export function finished({ build, values, input }: ConvertedNodes, output: string): Value {
  const value = values.get(output) as Value;
  build.begin(output);
  const order = orderOfOutput(value.shape, value.shape[0] === 1, input.order);
  const arranged = order.length > 0 ? build.arrange(value, order) : value;
  // A pipeline has at least one stage.
  return arranged.id === INPUT ? build.stage(arranged, activation('linear'), arranged) : arranged;
}

/**
 * @internal The dimensions of an output in the pipeline's tensor, after the batch. Pictures come out as they went in: with the
 * channels last where they were brought there.
 */
export function orderOfOutput(shape: Shape, hasBatch: boolean, inputOrder: readonly number[]): readonly number[] {
  if (hasBatch && shape.length === 4 && inputOrder.join() === '2,3,1') return [2, 3, 1];
  const first = hasBatch && shape.length > 1 ? 1 : 0;
  return shape.flatMap((_, dimension) => (dimension >= first ? [dimension] : []));
}

/** An output as a node of its own. */
function ended(build: Builder, output: string, result: Value): Value {
  build.begin(output);
  return build.stage(result, activation('linear'), result);
}

/** @internal The pipeline's nodes that the results depend on. */
export function used({ nodes }: Builder, results: readonly Value[]): Builder['nodes'] {
  const wanted = new Set(results.map(({ id }) => id));
  const needed = nodes.toReversed().filter(([id, { from }]) => {
    if (!wanted.has(id)) return false;
    for (const source of [from].flat()) wanted.add(source);
    return true;
  });
  return needed.toReversed();
}
