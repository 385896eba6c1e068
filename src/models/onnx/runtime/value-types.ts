import type { OnnxFile, OnnxNode } from '../onnx-file.ts';

/** ONNX's numbers for types of values. */
export const [FLOAT, INT64, BOOL] = [1, 7, 9];

/** The operators whose output has a type of its own. All others give what their first input is. */
const OWN: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['ArgMax', 'ArgMin', 'Shape', 'Size', 'NonZero'].map((op) => [op, INT64])),
  ...Object.fromEntries(
    ['And', 'Equal', 'Greater', 'GreaterOrEqual', 'IsInf', 'IsNaN', 'Less', 'LessOrEqual', 'Not', 'Or', 'Xor'].map(
      (op) => [op, BOOL],
    ),
  ),
  DequantizeLinear: FLOAT,
};

/** @internal ONNX's number for the type of each value of a graph, as far as it follows from the operators. */
export function valueTypes({ inputs, initializers, nodes }: OnnxFile): ReadonlyMap<string, number> {
  const types = new Map<string, number>([
    ...inputs.map(({ name, type }) => [name, type] as const),
    ...[...initializers].map(([name, { type }]) => [name, type] as const),
  ]);
  for (const node of nodes) {
    const type = typeOf(node, types);
    if (type === undefined) continue;
    for (const name of node.outputs) types.set(name, type);
  }
  return types;
}

function typeOf({ op, inputs, attributes }: OnnxNode, types: ReadonlyMap<string, number>): number | undefined {
  const own = Object.hasOwn(OWN, op) ? OWN[op] : undefined;
  if (own !== undefined) return own;
  const to = attributes.get('to');
  if (op === 'Cast' && typeof to === 'number') return to;
  const value = attributes.get('value');
  if (typeof value === 'object' && 'type' in value) return value.type;
  // A choice between two values has their type.
  const like = op === 'Where' || op === 'CastLike' ? inputs[1] : inputs[0];
  return like === undefined ? undefined : types.get(like);
}
