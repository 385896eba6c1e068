import { sizeOf } from '../../stage/shape.ts';
import { scaledBy, UNSCALED, type PixelScaling } from '../pixel-scaling.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { textOf } from '../tfjs/text-of.ts';
import { floatsIn } from '../tfjs/weight-specs.ts';
import { inputsOf, nodeName, nodesIn, type GraphNode } from './graph-nodes.ts';

/** Operations that move pixels and leave their values as they are. */
const MOVING: ReadonlySet<unknown> = new Set([
  'Cast',
  'ExpandDims',
  'Identity',
  'Pad',
  'PadV2',
  'Reshape',
  'ResizeBilinear',
  'ResizeNearestNeighbor',
  'Squeeze',
  'StopGradient',
  'Transpose',
]);

/** How many operations after the input are looked at. */
const MOST = 20;

/**
 * How a graph model scales pixels before anything else, by the constants that its first operations multiply with, add and so on.
 * Undefined if it does not, or if that can't be seen.
 */
export function graphScaling(model: TfjsModel): PixelScaling | undefined {
  const nodes = nodesIn(model.json);
  const inputs = nodes.filter(({ op }) => op === 'Placeholder');
  const [input] = inputs;
  if (!input || inputs.length > 1) return undefined;
  const takers = takersIn(nodes);
  let [name, found]: [string, PixelScaling | undefined] = [textOf(input['name']), undefined];
  for (let i = 0; i < MOST; i++) {
    const [next, another] = takers.get(name) ?? [];
    // What another branch does to the pixels, nobody can tell.
    if (!next || another) break;
    const scaled: PixelScaling | undefined = MOVING.has(next['op'])
      ? (found ?? UNSCALED)
      : applied(model, next, name, found ?? UNSCALED);
    if (!scaled) break;
    if (scaled !== UNSCALED) found = scaled;
    name = textOf(next['name']);
  }
  return found;
}

/** The nodes that take the value of each node. */
function takersIn(nodes: readonly GraphNode[]): Map<string, GraphNode[]> {
  const takers = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    for (const name of new Set(valuesOf(node))) {
      const known = takers.get(name);
      if (known) known.push(node);
      else takers.set(name, [node]);
    }
  }
  return takers;
}

/** The names of the nodes whose values a node takes. */
function valuesOf(node: GraphNode): string[] {
  return inputsOf(node)
    .filter((input) => !input.startsWith('^'))
    .map(nodeName);
}

const OPERATIONS: ReadonlyMap<unknown, string> = new Map([
  ['Add', 'add'],
  ['AddV2', 'add'],
  ['BiasAdd', 'add'],
  ['Sub', 'subtract'],
  ['Mul', 'multiply'],
  ['Div', 'divide'],
  ['RealDiv', 'divide'],
]);

/** What comes of a scaling when an operation with a constant follows. Undefined if it is another operation. */
function applied(model: TfjsModel, node: GraphNode, name: string, scaling: PixelScaling): PixelScaling | undefined {
  const [a, b = ''] = valuesOf(node);
  const isFirst = a === name;
  const operation = OPERATIONS.get(node['op']);
  return operation === undefined
    ? undefined
    : scaledBy(scaling, operation, constantOf(model, isFirst ? b : (a ?? '')), !isFirst);
}

/** The numbers of a constant: one, or one for each channel. None if it is larger, or is not a constant. */
function constantOf({ file, weights }: TfjsModel, name: string): readonly number[] {
  const stored = weights.get(name);
  if (!stored || sizeOf(stored.spec.shape) > 3 || !stored.spec.dtype.startsWith('float')) return [];
  return [...floatsIn(file, stored).data];
}
