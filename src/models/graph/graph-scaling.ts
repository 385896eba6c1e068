import type { PixelScaling } from '../pixel-scaling.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
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
  let [name, found]: [string, PixelScaling | undefined] = [String(input['name']), undefined];
  for (let i = 0; i < MOST; i++) {
    const [next, another] = takers.get(name) ?? [];
    // What another branch does to the pixels, nobody can tell.
    if (!next || another) break;
    const scaled: PixelScaling | undefined = MOVING.has(next['op'])
      ? (found ?? NONE)
      : applied(model, next, name, found ?? NONE);
    if (!scaled) break;
    if (scaled !== NONE) found = scaled;
    name = String(next['name']);
  }
  return found;
}

const NONE: PixelScaling = { scale: [1], offset: [0] };

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

/** What comes of a scaling when an operation with a constant follows. Undefined if it is another operation. */
function applied(
  model: TfjsModel,
  node: GraphNode,
  name: string,
  { scale, offset }: PixelScaling,
): PixelScaling | undefined {
  const [a, b] = valuesOf(node);
  const isFirst = a === name;
  const constant = constantOf(model, (isFirst ? b : a) ?? '');
  if (!constant || (scale.length > 1 && constant.length > 1 && scale.length !== constant.length)) return undefined;
  const each = Array.from({ length: Math.max(scale.length, constant.length) }, (_, i) => i);
  const at = (list: readonly number[], i: number) => list[i % list.length] ?? NaN;
  const mapped = (value: (x: number, c: number) => number, shift: (x: number, c: number) => number): PixelScaling => ({
    scale: each.map((i) => value(at(scale, i), at(constant, i))),
    offset: each.map((i) => shift(at(offset, i), at(constant, i))),
  });
  const same = (x: number) => x;
  const [product, quotient] = [(x: number, c: number) => x * c, (x: number, c: number) => x / c];
  switch (node['op']) {
    case 'Mul':
      return mapped(product, product);
    case 'Add':
    case 'AddV2':
    case 'BiasAdd':
      return mapped(same, (x, c) => x + c);
    case 'Sub':
      return isFirst ? mapped(same, (x, c) => x - c) : undefined;
    case 'RealDiv':
    case 'Div':
      return isFirst ? mapped(quotient, quotient) : undefined;
    default:
      return undefined;
  }
}

/** The numbers of a constant: one, or one for each channel. */
function constantOf({ file, weights }: TfjsModel, name: string): readonly number[] | undefined {
  const stored = weights.get(name);
  const count = stored?.spec.shape.reduce((product, size) => product * size, 1);
  if (!stored || (count !== 1 && count !== 3) || !stored.spec.dtype.startsWith('float')) return undefined;
  return [...floatsIn(file, stored).data];
}
