import type { OnnxFile, OnnxNode } from '../onnx-file.ts';

/** ONNX's numbers for types of values. */
export const [FLOAT, BYTE, INT64, BOOL] = [1, 2, 7, 9];

/** The operators whose output has a type of its own. All others give what their first input is. */
const OWN: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['ArgMax', 'ArgMin', 'Shape', 'Size', 'NonZero'].map((op) => [op, INT64])),
  ...Object.fromEntries(
    ['And', 'Equal', 'Greater', 'GreaterOrEqual', 'IsInf', 'IsNaN', 'Less', 'LessOrEqual', 'Not', 'Or', 'Xor'].map(
      (op) => [op, BOOL],
    ),
  ),
  ConstantOfShape: FLOAT,
  DequantizeLinear: FLOAT,
  EyeLike: FLOAT,
};

/** Operators whose outputs have the type of another input than the first one. */
const LIKE: Readonly<Record<string, number>> = { CastLike: 1, OneHot: 2, QuantizeLinear: 2, Where: 1 };

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
  const stated = attributes.get(op === 'Cast' ? 'to' : 'dtype');
  if ((op === 'Cast' || op === 'EyeLike') && typeof stated === 'number') return stated;
  const value = attributes.get('value');
  if (typeof value === 'object' && 'type' in value) return value.type;
  if (attributes.has('value_int') || attributes.has('value_ints')) return INT64;
  if (op === 'Constant') return FLOAT;
  const own = Object.hasOwn(OWN, op) ? OWN[op] : undefined;
  if (own !== undefined) return own;
  const like = inputs[Object.hasOwn(LIKE, op) ? (LIKE[op] ?? 0) : 0];
  return types.get(like ?? '') ?? (op === 'QuantizeLinear' ? BYTE : undefined);
}
