import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { MAX_RANK, MAX_VALUES } from '../limits.ts';
import type { OnnxFile, OnnxNode, OnnxValueInfo } from './onnx-file.ts';
import { kindOf } from './stored-tensor.ts';

/** @internal The input of a graph, with one picture. */
export interface OnnxInput {
  readonly name: string;
  /** ONNX's shape. */
  readonly shape: Shape;
  /** The dimensions in the pipeline's tensor, after the batch. */
  readonly order: readonly number[];
}

/**
 * @internal The input of a graph. Its shape is as the file declares it, with the sizes of `given`, a pipeline's shape, in place
 * of those that are open. Without `given` they are those of `known`, which need not fit. Throws `WeightsError`, and `OptionError`
 * where a size is missing.
 */
export function inputOf(file: string, graph: OnnxFile, given: Shape | undefined, known?: Shape): OnnxInput {
  const [input] = graph.inputs;
  if (!input) throw new WeightsError(`${file} has no input`);
  if (kindOf(file, input.type, input.name) !== 'float' && !becomesFloats(graph, input.name)) {
    throw new WeightsError(
      `${file} takes integers (${input.name}); only inputs of floats, or of bytes that it makes floats of, are supported`,
    );
  }
  const rank = input.shape?.length ?? given?.length ?? 4;
  if (rank < 1) throw new WeightsError(`${file} takes a single number; a pipeline takes a batch`);
  const order = orderOf(graph, input, rank);
  const shape = shapeOf(file, input, { rank, order }, given, known);
  return { name: input.name, shape, order };
}

/**
 * @internal The shape of an input with one picture: as declared, with the sizes of `given`, a pipeline's shape, in place of those that
 * are open, and else those of `known`. Throws `OptionError` for shapes that do not fit, and for sizes that are missing.
 */
export function shapeOf(
  file: string,
  { name, shape: declared = [] }: Pick<OnnxValueInfo, 'name' | 'shape'>,
  { rank, order }: { readonly rank: number; readonly order: readonly number[] },
  given: Shape | undefined,
  known: Shape | undefined,
): Shape {
  // Of a row without a batch, the pipeline's tensor has one dimension more.
  const hasBatch = !order.includes(0);
  const sizes = Array.from({ length: rank }, (_, d) => (d === 0 && hasBatch ? 1 : declared[d]));
  const asked = order.map((dimension) => sizes[dimension]);
  const shown = `[${[1, ...asked.map((size) => size ?? '?')].join(', ')}]`;
  if (given !== undefined) {
    const counts = Array.isArray(given) && given.every((size) => Number.isSafeInteger(size) && size >= 1);
    const fits =
      counts && given.length === asked.length + 1 && asked.every((size, i) => (size ?? given[i + 1]) === given[i + 1]);
    if (!fits || given.length > MAX_RANK) {
      throw new OptionError(`${file} takes ${shown}, but inputShape is ${describeValue(given)}`);
    }
    order.forEach((dimension, i) => (sizes[dimension] = given[i + 1]));
  }
  if (given === undefined && known?.length === order.length + 1) {
    order.forEach((dimension, i) => (sizes[dimension] ??= known[i + 1]));
  }
  if (sizes.includes(undefined)) {
    throw new OptionError(
      `${file} does not declare the size of its input ${name}, ${shown}: give inputShape (--size), for example [1, 224, 224, 3]`,
    );
  }
  const shape = sizes as number[];
  if (sizeOf(shape) <= MAX_VALUES) return shape;
  throw new WeightsError(`${file} takes ${describeShape(shape)}, over ${MAX_VALUES} values`);
}

/** @internal Whether sluice wrote a file. Its pictures have their channels last. */
export function isSluices({ producer }: OnnxFile): boolean {
  return producer === 'sluice';
}

/** ONNX's pictures have their channels first, unless the graph begins by bringing them there. */
function orderOf(graph: OnnxFile, input: OnnxValueInfo, rank: number): readonly number[] {
  if (rank === 1) return [0];
  const each = Array.from({ length: rank - 1 }, (_, i) => i + 1);
  return rank === 4 && !isSluices(graph) && !movesChannelsFirst(graph, input.name) ? [2, 3, 1] : each;
}

/** Operators that move integers and leave their values as they are. */
const MOVING: ReadonlySet<string> = new Set(['Identity', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Slice']);

/** Whether integers become floats before anything is computed with them. */
function becomesFloats({ nodes }: OnnxFile, input: string): boolean {
  const moved = new Set([input]);
  return nodes.every(({ op, inputs, outputs }) => {
    if (op === 'Cast' || op === 'Shape' || !inputs.some((name) => moved.has(name))) return true;
    if (MOVING.has(op)) for (const name of outputs) moved.add(name);
    return MOVING.has(op);
  });
}

/** Operators that may stand before the Transpose of a picture: they scale its values. */
const SCALING: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Add', 'Sub', 'Mul', 'Div', 'Neg']);

function movesChannelsFirst({ nodes }: OnnxFile, input: string): boolean {
  const users = new Map<string, OnnxNode[]>();
  for (const node of nodes)
    for (const name of node.inputs) users.set(name, [...(users.get(name) ?? []).slice(0, 8), node]);
  let value = input;
  for (let steps = 0; steps < 20; steps++) {
    const found = users.get(value) ?? [];
    if (found.some(({ op, attributes }) => op === 'Transpose' && String(attributes.get('perm')) === '0,3,1,2'))
      return true;
    const next = found.length === 1 && SCALING.has(found[0]?.op ?? '') ? found[0]?.outputs[0] : undefined;
    if (next === undefined) return false;
    value = next;
  }
  return false;
}
