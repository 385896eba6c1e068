import { ints, single } from '../../onnx/constant.ts';
import { unsupported } from '../../onnx/conversion.ts';
import { axisIn } from '../../onnx/shapes.ts';
import type { Operand } from '../../onnx/value.ts';
import type { Conversion, Convert } from '../conversion.ts';
import { activated } from './activations.ts';

/** The only value of a list of operands. */
function only([operand]: readonly Operand[]): Operand {
  if (operand) return operand;
  throw unsupported('a result of nothing');
}

/** @internal The shape is an input, in old files an option. */
export const convertReshape: Convert = (conversion) => {
  const shape = conversion.at(1) ?? ints(conversion.options.ints(0));
  return conversion.as('Reshape', [conversion.operandAt(0), shape], { allowzero: 1 });
};

/** @internal Without dimensions, all of size 1 go. */
export const convertSqueeze: Convert = (conversion) => {
  const axes = conversion.options.ints(0);
  return conversion.as('Squeeze', [conversion.operandAt(0)], axes.length > 0 ? { axes } : {});
};

/** @internal */
export const convertExpandDims: Convert = (conversion) =>
  conversion.as('Unsqueeze', [conversion.operandAt(0)], { axes: conversion.numbersAt(1) });

/** @internal */
export const convertTranspose: Convert = (conversion) =>
  conversion.as('Transpose', [conversion.operandAt(0)], { perm: conversion.numbersAt(1) });

/** @internal */
export const convertConcatenation: Convert = (conversion) =>
  activated(conversion, 1, () =>
    only(conversion.as('Concat', conversion.operands, { axis: conversion.options.int(0) })),
  );

/** @internal Values beside each other along a new dimension. */
export const convertPack: Convert = (conversion) => {
  const axis = conversion.options.int(1);
  const rank = conversion.operandAt(0).shape.length + 1;
  const parts = conversion.operands.map((operand) => only(conversion.as('Unsqueeze', [operand], { axes: [axis] })));
  return parts.length === 1 ? parts : conversion.as('Concat', parts, { axis: axis < 0 ? axis + rank : axis });
};

/** @internal Each place along a dimension by itself. */
export const convertUnpack: Convert = (conversion) => {
  const operand = conversion.operandAt(0);
  const axis = axisIn(operand.shape, conversion.options.int(1));
  if (conversion.operator.outputs.length !== operand.shape[axis]) throw unsupported('another number of outputs');
  return conversion.operator.outputs.map((_, i) => {
    const slice = [ints([i]), ints([i + 1]), ints([axis])];
    return only(conversion.as('Squeeze', conversion.as('Slice', [operand, ...slice]), { axes: [axis] }));
  });
};

/** @internal Equal parts. */
export const convertSplit: Convert = (conversion) => {
  const axis = single(conversion.constantAt(0), 'the axis');
  const parts = conversion.operator.outputs.length;
  const operand = conversion.operandAt(1);
  const size = (operand.shape[axisIn(operand.shape, axis)] ?? 0) / parts;
  return conversion.as('Split', [operand], { axis, split: new Array<number>(parts).fill(size) }, parts);
};

/** @internal Parts of given sizes, one of which may be −1: what is left. */
export const convertSplitV: Convert = (conversion) => {
  const operand = conversion.operandAt(0);
  const [given, axis] = [conversion.numbersAt(1), single(conversion.constantAt(2), 'the axis')];
  const known = given.reduce((sum, size) => sum + Math.max(0, size), 0);
  const split = given.map((size) => (size < 0 ? (operand.shape[axisIn(operand.shape, axis)] ?? 0) - known : size));
  return conversion.as('Split', [operand], { axis, split }, conversion.operator.outputs.length);
};

/** @internal */
export const convertSlice: Convert = (conversion) => {
  const operand = conversion.operandAt(0);
  const [begin, size] = [conversion.numbersAt(1), conversion.numbersAt(2)];
  const ends = begin.map((first, i) => {
    const length = operand.shape[i] ?? 0;
    const count = size[i] ?? 0;
    const end = count === -1 ? length : first + count;
    if (first < 0 || end > length) throw unsupported(`a part from ${first} to ${end} of ${length}`);
    return end;
  });
  return conversion.as('Slice', [operand, ints(begin), ints(ends)]);
};

/** Beyond every length. */
const FAR = 2 ** 31;

/** @internal Bits of the masks say where a limit does not count, and which dimensions go. */
export const convertStridedSlice: Convert = (conversion) => {
  const { options } = conversion;
  const operand = conversion.operandAt(0);
  const [begins, ends, steps] = [1, 2, 3].map((index) => conversion.numbersAt(index)) as [number[], number[], number[]];
  const has = (field: number, i: number) => ((options.int(field) >> i) & 1) === 1;
  if (options.int(2) !== 0 || options.int(3) !== 0 || options.flag(5)) {
    throw unsupported('an ellipsis, a new axis or an offset');
  }
  if (begins.length > operand.shape.length) throw unsupported(`a part along ${begins.length} dimensions`);
  const gone = begins.flatMap((_, i) => (has(4, i) ? [i] : []));
  const from = begins.map((first, i) => (has(0, i) && !has(4, i) ? ((steps[i] ?? 1) > 0 ? 0 : FAR) : first));
  const to = ends.map((end, i) => {
    const first = begins[i] ?? 0;
    if (has(4, i)) return first === -1 ? FAR : first + 1;
    return has(1, i) ? ((steps[i] ?? 1) > 0 ? FAR : -FAR) : end;
  });
  const by = steps.map((step, i) => (has(4, i) ? 1 : step));
  const axes = ints(begins.map((_, i) => i));
  const part = conversion.as('Slice', [operand, ints(from), ints(to), axes, ints(by)]);
  return gone.length === 0 ? part : conversion.as('Squeeze', part, { axes: gone });
};

/** The pairs of a PAD, in ONNX's order: first all that is put before. */
function pads(conversion: Conversion): number[] {
  const sides = conversion.numbersAt(1);
  return [...sides.filter((_, i) => i % 2 === 0), ...sides.filter((_, i) => i % 2 === 1)];
}

/** @internal A constant around the values, 0 unless an input says otherwise. */
export const convertPad: Convert = (conversion) => {
  const value = conversion.constantIfAny(2);
  return conversion.as('Pad', [conversion.valueAt(), ints(pads(conversion)), value]);
};

/** @internal A mirror that lies in the outermost values, or behind them: for one value that is the edge. */
export const convertMirrorPad: Convert = (conversion) => {
  const sides = pads(conversion);
  const isSymmetric = conversion.options.byte(0) === 1;
  if (isSymmetric && sides.some((side) => side > 1)) throw unsupported('a symmetric mirror of more than one value');
  return conversion.as('Pad', [conversion.valueAt(), ints(sides)], { mode: isSymmetric ? 'edge' : 'reflect' });
};

/** @internal */
export const convertGather: Convert = (conversion) => {
  const { options } = conversion;
  if (options.int(1) !== 0) throw unsupported('a gather by batches');
  return conversion.as('Gather', conversion.operands, { axis: options.int(0) });
};

/** @internal The shape is known before anything runs. */
export const convertShape: Convert = (conversion) => ints(conversion.operandAt(0).shape);

/** @internal Between types of floats, or of constants. */
export const convertCast: Convert = (conversion) => {
  const type = conversion.output()?.type ?? 0;
  const to = [0, 1, 10].includes(type) ? 1 : type === 6 ? 9 : 7;
  return conversion.as('Cast', [conversion.operandAt(0)], { to });
};

/** @internal One number in every place of a shape. */
export const convertFill: Convert = (conversion) =>
  conversion.as('Expand', [conversion.operandAt(1), conversion.operandAt(0)]);

/** @internal For an operator that changes how values are stored, and not what they are. */
export const unchanged: Convert = (conversion) => conversion.operandAt(0);
