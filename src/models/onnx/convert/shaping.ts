import { describeShape, sizeOf } from '../../../stage/shape.ts';
import { flag, list, number } from '../attributes.ts';
import { ints } from '../constant.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Convert } from '../conversion.ts';
import { shapeConstant } from '../fold.ts';
import { flattenedTo, permutationOf, reshapedTo, squeezed, unsqueezed } from '../shapes.ts';

/** @internal */
export const convertReshape: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const wanted = list(node, 'shape') ?? Array.from(constantAt(conversion, 1).data);
  return build.reshape(value, reshapedTo(value.shape, wanted, flag(node, 'allowzero')));
};

/** @internal */
export const convertFlatten: Convert = (conversion) => {
  const value = valueAt(conversion);
  return conversion.build.reshape(value, flattenedTo(value.shape, number(conversion.node, 'axis', 1)));
};

/** @internal */
export const convertSqueeze: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const given = constantIfAny(conversion, 1);
  const axes = given ? Array.from(given.data) : list(node, 'axes');
  return build.reshape(value, squeezed(value.shape, axes));
};

/** @internal */
export const convertUnsqueeze: Convert = (conversion) => {
  const value = valueAt(conversion);
  const given = constantIfAny(conversion, 1);
  const axes = given ? Array.from(given.data) : (list(conversion.node, 'axes') ?? []);
  return conversion.build.reshape(value, unsqueezed(value.shape, axes));
};

/** @internal Only renames the dimensions: what needs them in their order brings them into it. */
export const convertTranspose: Convert = (conversion) => {
  const value = valueAt(conversion);
  const perm = permutationOf(conversion.node, value.shape.length);
  const shape = perm.map((dimension) => value.shape[dimension] ?? 1);
  return { ...value, shape, order: value.order.map((dimension) => perm.indexOf(dimension)) };
};

/** @internal The shape is known before anything runs. */
export const convertShape: Convert = (conversion) => shapeConstant(conversion.node, valueAt(conversion).shape);

/** @internal */
export const convertSize: Convert = (conversion) => ints([sizeOf(valueAt(conversion).shape)], []);

/** @internal DepthToSpace and SpaceToDepth as what they are defined by: a Reshape, a Transpose and another Reshape. */
export const convertSpaceToDepth: Convert = (conversion) => {
  const { build } = conversion;
  const value = valueAt(conversion);
  const n = number(conversion.node, 'blocksize', 1);
  const [batch = 1, channels = 1, height = 1, width = 1] = value.shape;
  const [rows, columns] = [height / n, width / n];
  if (value.shape.length !== 4) throw unsupported(`an input of ${describeShape(value.shape)}`);
  if (n < 1 || !Number.isSafeInteger(rows) || !Number.isSafeInteger(columns))
    throw unsupported(`blocks of ${n} in ${height} × ${width}`);
  const split = build.reshape(value, [batch, channels, rows, n, columns, n], 'split');
  const perm = [0, 3, 5, 1, 2, 4];
  const moved = {
    ...split,
    shape: perm.map((d) => split.shape[d] ?? 1),
    order: split.order.map((d) => perm.indexOf(d)),
  };
  return build.reshape(moved, [batch, channels * n * n, rows, columns]);
};
