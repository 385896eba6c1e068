import type { Tensor } from '@tensorflow/tfjs-core';
import { SluiceError, WeightsError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import { activation } from '../../stages/activation.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { pipelineOfNodes } from '../layers/pipeline-of-nodes.ts';
import { few } from '../tfjs/weight-specs.ts';
import { Builder } from './builder.ts';
import { Constants } from './constants.ts';
import { OPERATORS } from './convert/operators.ts';
import type { OnnxFile, OnnxNode } from './onnx-file.ts';
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

const INPUT = 'input';

/** @internal Turns the nodes of a graph into stages. Throws `WeightsError` that names all nodes that cannot be. */
export function convertGraph(
  file: string,
  graph: OnnxFile,
  input: GraphInput,
  outputs: readonly string[],
  several = outputs.length > 1,
): Pipeline<Tensor, Tensor> {
  const build = new Builder(INPUT);
  const constants = new Constants(file, graph, input.beside);
  const values = new Map<string, Value | undefined>();
  values.set(input.name, { id: INPUT, shape: input.shape, order: input.order });
  const problems = new Problems(file);
  const needed = neededNodes(graph, outputs);
  const taken = new Set([...outputs, ...needed.flatMap(({ inputs }) => inputs)]);
  for (const node of needed) {
    const missing = node.inputs.find((name) => name !== '' && !values.has(name) && !constants.has(name));
    if (missing !== undefined)
      throw new WeightsError(`${file}: ${called(node)} takes ${missing}, which does not exist`);
    if (node.inputs.every((name) => name === '' || constants.has(name))) {
      constants.add(node);
      continue;
    }
    const made = converted(node, build, constants, values, problems);
    node.outputs.forEach((name, i) => {
      const output = made?.[i];
      if (name === '') return;
      if (output && !isValue(output)) constants.set(name, output);
      else values.set(name, output);
      if (made && !output && taken.has(name)) problems.add(node, `its output ${name} is not supported`);
    });
  }
  problems.check();
  const results = outputs.map((output) => finished(file, build, output, values, constants, input.order));
  // Of several outputs, each is a node of its own at the end.
  const last = several ? results.map((result, i) => ended(build, outputs[i] ?? '', result)) : results;
  const inputShape = [1, ...input.order.map((dimension) => input.shape[dimension] ?? 1)];
  const name = (graph.name || 'onnx').replaceAll('/', '.');
  const named = several ? Object.fromEntries(last.map(({ id }, i) => [outputs[i] ?? '', id])) : undefined;
  return pipelineOfNodes({ name, inputShape }, INPUT, used(build, last), named) as unknown as Pipeline<Tensor, Tensor>;
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
    problems.add(node, undefined);
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
    problems.add(node, error.message);
    return undefined;
  }
}

/** Collects what cannot be converted: each unknown operator with one of its nodes, and each other problem. */
class Problems {
  readonly #file: string;
  readonly #operators = new Map<string, string>();
  readonly #others: string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(node: OnnxNode, problem: string | undefined): void {
    if (problem !== undefined) this.#others.push(`${called(node)}: ${problem.slice(0, 300)}`);
    else if (!this.#operators.has(node.op)) this.#operators.set(node.op, called(node));
  }

  check(): void {
    const [operators, others] = [[...this.#operators.values()], this.#others];
    if (operators.length + others.length === 0) return;
    const unknown =
      operators.length > 0 ? `${this.#file} has operators that sluice does not know: ${few(operators)}` : '';
    const wrong = others.length > 0 ? `${this.#file} has nodes that cannot be converted: ${few(others)}` : '';
    throw new WeightsError([unknown, wrong].filter((text) => text !== '').join('. '));
  }
}

function called({ name, op, outputs }: OnnxNode): string {
  return `${op || 'a node without an operator'} (${name || outputs[0] || 'without a name'})`;
}

/** The nodes that the outputs depend on, in their order. */
function neededNodes({ nodes }: OnnxFile, outputs: readonly string[]): OnnxNode[] {
  const wanted = new Set(outputs);
  const needed: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    for (const name of node.inputs) wanted.add(name);
    needed.push(node);
  }
  return needed.toReversed();
}

/** The value that comes out, in the layout that the pipeline promises. */
function finished(
  file: string,
  build: Builder,
  output: string,
  values: ReadonlyMap<string, Value | undefined>,
  constants: Constants,
  inputOrder: readonly number[],
): Value {
  const value = values.get(output);
  if (!value) {
    const what = constants.has(output) ? 'does not depend on the input' : 'is given by no node';
    throw new WeightsError(`${file}: the output ${output} ${what}`);
  }
  build.begin(output);
  const rank = value.shape.length;
  // Pictures come out as they went in: with the channels last where they were brought there.
  const isPicture = rank === 4 && inputOrder.join() === '2,3,1';
  const first = value.shape[0] === 1 && rank > 1 ? 1 : 0;
  const order = isPicture && value.shape[0] === 1 ? [2, 3, 1] : value.shape.flatMap((_, d) => (d >= first ? [d] : []));
  const arranged = order.length > 0 ? build.arrange(value, order) : value;
  // A pipeline has at least one stage.
  return arranged.id === INPUT ? build.stage(arranged, activation('linear'), arranged) : arranged;
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
