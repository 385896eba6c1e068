import { WeightsError } from '../../errors/errors.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { topologicalOrder } from '../../stage/topological-order.ts';
import { MAX_BOXES, MAX_NODES, MAX_VALUES } from '../limits.ts';
import { asObject } from '../tfjs/as-object.ts';
import { textOf } from '../tfjs/text-of.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { isBoxes, tooManyBoxes } from './box-limit.ts';
import { nodesIn, nodesOf, type GraphNode } from './graph-nodes.ts';

/** Operations that the converter computes without a kernel, so that only their nodes tell how many values they give. */
const WITHOUT_KERNEL: ReadonlySet<unknown> = new Set([
  'Ones',
  'RandomStandardNormal',
  'RandomUniform',
  'RandomUniformInt',
  'TruncatedNormal',
  'Zeros',
]);

/**
 * @internal Checks the nodes of a graph before the converter gets them: their number, the operations that no kernel computes, and
 * functions that call themselves. Returns whether it compares boxes. Throws `WeightsError`.
 */
export function checkNodes(
  file: string,
  json: TfjsModel['json'],
  weights: TfjsModel['weights'],
): { readonly comparesBoxes: boolean } {
  const nodes = allNodes(json);
  if (nodes.length > MAX_NODES) throw new WeightsError(`${file} has over ${MAX_NODES} nodes`);
  const named = new Map(nodes.map((node) => [node['name'], node]));
  for (const { name, op, input } of nodes) {
    if (!WITHOUT_KERNEL.has(op)) continue;
    const from = textOf(Array.isArray(input) ? (input[0] as unknown) : undefined).replace(/:0$/, '');
    if (named.get(from)?.['op'] === 'Shape') continue;
    const shape = valuesOf(weights, from);
    if (shape && shape.reduce((size, side) => size * side, 1) <= MAX_VALUES) continue;
    throw new WeightsError(
      `${file}: its node ${describeValue(name)} (${textOf(op)}) must have a constant shape of at most ${MAX_VALUES} values`,
    );
  }
  checkCalls(file, json);
  const comparesBoxes = nodes.some(({ op }) => textOf(op).startsWith('NonMaxSuppression'));
  const boxes = comparesBoxes && [...weights.values()].find(({ spec }) => isBoxes(spec.shape));
  const most = boxes ? (boxes.spec.shape[0] ?? 0) : 0;
  if (most > MAX_BOXES) throw tooManyBoxes(file, most, MAX_BOXES);
  return { comparesBoxes };
}

/** Throws for a function of the graph that calls itself, on its own or through others: no stack and no memory would end it. */
function checkCalls(file: string, json: TfjsModel['json']): void {
  const functions = functionsIn(json);
  const calls = new Map(
    functions.map(({ signature, nodeDef }) => [
      textOf(asObject(signature)?.['name']),
      new Set(nodesOf(nodeDef).flatMap(({ attr }) => calledIn(attr))),
    ]),
  );
  const { circle: [own] = [] } = topologicalOrder([...calls.keys()], (name) => [...(calls.get(name) ?? [])]);
  if (own !== undefined) throw new WeightsError(`${file}: its function ${describeValue(own)} calls itself`);
}

/** The functions that a node names: `{ body: { func: { name } } }`. */
function calledIn(attr: unknown): string[] {
  return Object.values(asObject(attr) ?? {}).flatMap((value) => {
    const name = asObject(asObject(value)?.['func'])?.['name'];
    return typeof name === 'string' ? [name] : [];
  });
}

/** The nodes of the graph, of its functions and of what initializes it. */
function allNodes(json: TfjsModel['json']): GraphNode[] {
  const inner = functionsIn(json).flatMap(({ nodeDef }) => nodesOf(nodeDef));
  return [...nodesIn(json), ...nodesOf(asObject(json['modelInitializer'])?.['node']), ...inner];
}

function functionsIn({ modelTopology }: TfjsModel['json']): GraphNode[] {
  return nodesOf(asObject(asObject(modelTopology)?.['library'])?.['function']);
}

/** The values of a constant of whole numbers. */
function valuesOf(weights: TfjsModel['weights'], name: string): number[] | undefined {
  const stored = weights.get(name);
  if (stored?.spec.dtype !== 'int32' || stored.spec.quantization) return undefined;
  return [...new Int32Array(new Uint8Array(stored.bytes).buffer)];
}
