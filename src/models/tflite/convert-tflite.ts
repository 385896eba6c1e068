import type { Tensor } from '@tensorflow/tfjs-core';
import { SluiceError, WeightsError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import { activation } from '../../stages/activation.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { pipelineOfNodes } from '../layers/pipeline-of-nodes.ts';
import { Builder } from '../onnx/builder.ts';
import { used } from '../onnx/convert-graph.ts';
import { isValue, type Operand, type Value } from '../onnx/value.ts';
import { few } from '../few-names.ts';
import { Constants } from './constants.ts';
import { Conversion } from './conversion.ts';
import { OPERATORS } from './convert/operators.ts';
import { withDilatedConvolutions, type DilatedOperator } from './dilated-convolutions.ts';
import { noFields } from './flat-table.ts';
import type { TfliteFile } from './tflite-file.ts';

/** @internal What a graph is converted with. */
export interface GraphInput {
  /** The number of its tensor. */
  readonly tensor: number;
  /** Its shape with one picture. */
  readonly shape: Shape;
  /** The dimensions of the pipeline's tensor, after the batch. */
  readonly order: readonly number[];
  /** The length of the file. */
  readonly bytes: number;
}

const INPUT = 'input';

/** @internal Turns the operators of a graph into stages. Throws `WeightsError` that names all of those that cannot be. */
export function convertTflite(
  file: string,
  graph: TfliteFile,
  input: GraphInput,
  outputs: ReadonlyMap<string, number>,
  several = false,
): Pipeline<Tensor, Tensor> {
  const build = new Builder(INPUT);
  const constants = new Constants(file, graph, input.bytes);
  const values = new Map<number, Value | undefined>();
  values.set(input.tensor, { id: INPUT, shape: input.shape, order: input.order });
  const [unknown, wrong]: [string[], string[]] = [[], []];
  for (const operator of neededFor([...outputs.values()], withDilatedConvolutions(graph))) {
    const exists = (tensor: number) => tensor < 0 || values.has(tensor) || constants.has(tensor);
    const missing = operator.inputs.find((tensor) => !exists(tensor));
    if (missing !== undefined)
      throw new WeightsError(`${file}: ${called(operator)} takes a value that is given by no operator before it`);
    if (!OPERATORS.has(operator.op)) unknown.push(called(operator));
    const made = OPERATORS.has(operator.op)
      ? converted(operator, { graph, build, constants, values }, (problem) => {
          wrong.push(`${called(operator)}: ${problem.slice(0, 300)}`);
        })
      : undefined;
    operator.outputs.forEach((tensor, i) => {
      const result = made?.[i];
      if (result && !isValue(result)) constants.set(tensor, result);
      else values.set(tensor, result);
    });
  }
  checkAll(file, unknown, wrong);
  const results = [...outputs].map(([name, tensor]) => {
    const result = finished(file, build, values.get(tensor), name, input);
    // Of several outputs, each is a node of its own at the end.
    return [name, several ? build.stage(result, activation('linear'), result) : result] as const;
  });
  const named = several ? Object.fromEntries(results.map(([name, { id }]) => [name, id])) : undefined;
  const nodes = used(
    build,
    results.map(([, result]) => result),
  );
  const inputShape = [1, ...input.order.map((dimension) => input.shape[dimension] ?? 1)];
  const name = stageName(graph.name) || 'tflite';
  return pipelineOfNodes({ name, inputShape }, INPUT, nodes, named) as unknown as Pipeline<Tensor, Tensor>;
}

/** The outputs of an operator; undefined where it, or one before it, cannot be converted. */
function converted(
  operator: DilatedOperator,
  known: {
    readonly graph: TfliteFile;
    readonly build: Builder;
    readonly constants: Constants;
    readonly values: ReadonlyMap<number, Value | undefined>;
  },
  refuse: (problem: string) => void,
): readonly Operand[] | undefined {
  const { graph, build, constants, values } = known;
  if (operator.inputs.some((tensor) => values.has(tensor) && !values.get(tensor))) return undefined;
  const name = stageName(graph.tensors[operator.outputs[0] ?? -1]?.name ?? '') || operator.op;
  try {
    build.begin(name);
    const { file } = constants;
    const told = { ...known, operator, options: operator.options ?? noFields(file) };
    const made = OPERATORS.get(operator.op)?.(new Conversion(name, told));
    return Array.isArray(made) ? (made as readonly Operand[]) : [made as Operand];
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    refuse(error.message);
    return undefined;
  }
}

function checkAll(file: string, unknown: readonly string[], wrong: readonly string[]): void {
  if (unknown.length + wrong.length === 0) return;
  const remedy = 'give output, the name of a value before them, to read a part of the model';
  const operators =
    unknown.length > 0 ? `${file} has operators that cannot be converted: ${few(unknown)} (${remedy})` : '';
  const nodes = wrong.length > 0 ? `${file} has nodes that cannot be converted: ${few(wrong)}` : '';
  throw new WeightsError([operators, nodes].filter((text) => text !== '').join('. '));
}

/** How many characters of a value's name are the name of a stage. Converters join the names of all that they have merged. */
const LONGEST = 200;

function stageName(name: string): string {
  const [first = ''] = name.split(';');
  return first.replaceAll('/', '.').replace(/^\.+/, '').slice(0, LONGEST);
}

function called({ op, index }: DilatedOperator): string {
  return `${op.slice(0, LONGEST)} (node ${index})`;
}

/** The operators that values depend on, in their order. */
function neededFor(outputs: readonly number[], operators: readonly DilatedOperator[]): DilatedOperator[] {
  const wanted = new Set(outputs);
  const needed = operators.toReversed().filter(({ inputs, outputs: given }) => {
    if (!given.some((tensor) => wanted.has(tensor))) return false;
    for (const tensor of inputs) wanted.add(tensor);
    return true;
  });
  return needed.toReversed();
}

/** The value that comes out, with its dimensions in the order of the file. */
function finished(
  file: string,
  build: Builder,
  value: Value | undefined,
  name: string,
  { order: inputOrder }: GraphInput,
): Value {
  if (!value) throw new WeightsError(`${file}: its output ${name} does not depend on the input`);
  build.begin(stageName(name));
  const first = value.shape[0] === 1 && value.shape.length > 1 && !inputOrder.includes(0) ? 1 : 0;
  const order = value.shape.flatMap((_, dimension) => (dimension >= first ? [dimension] : []));
  const arranged = order.length > 0 ? build.arrange(value, order) : value;
  // A pipeline has at least one stage.
  return arranged.id === INPUT ? build.stage(arranged, activation('linear'), arranged) : arranged;
}
