import { WeightsError } from '../../errors/errors.ts';
import { sizeOf, type Shape } from '../../stage/shape.ts';
import { flag, list, number, tensor } from './attributes.ts';
import { ints, permuted, single, zeros, type Constant } from './constant.ts';
import {
  alongAxis,
  both,
  concat,
  each,
  gather,
  input,
  listOf,
  pairwise,
  reduced,
  type Fold,
  type FoldContext,
  type Inputs,
} from './constant-operations.ts';
import type { OnnxNode } from './onnx-file.ts';
import {
  axisIn,
  broadcastShape,
  flattenedTo,
  permutationOf,
  reshapedTo,
  slicesOf,
  squeezed,
  unsqueezed,
} from './shapes.ts';
import { constantOf } from './stored-tensor.ts';

/** @internal Computes the outputs of a node whose inputs are all constants; undefined for an operator that is not known here. */
export function foldNode(node: OnnxNode, inputs: Inputs, context: FoldContext): readonly Constant[] | undefined {
  const fold = FOLDS.get(node.op);
  if (!fold) return undefined;
  const result = fold(node, inputs, context);
  return Array.isArray(result) ? (result as readonly Constant[]) : [result as Constant];
}

const reshape: Fold = (node, inputs) => {
  const x = input(inputs, 0);
  const wanted = listOf(node, 'shape', inputs[1]) ?? [];
  return { ...x, shape: reshapedTo(x.shape, wanted, flag(node, 'allowzero')) };
};

const divide = (a: number, b: number, whole: boolean) => (whole ? Math.trunc(a / b) : a / b);
const cast: Fold = (node, inputs, context) => {
  // 1, 10, 11 and 16 are floats; 9 is a boolean.
  const to = number(node, 'to', 1);
  if ([1, 10, 11, 16].includes(to)) return each((value) => value, 'float')(node, inputs, context);
  if (to === 9) return each((value) => (value === 0 ? 0 : 1), 'bool')(node, inputs, context);
  return each(Math.trunc, 'int')(node, inputs, context);
};

/** The operators that work on constants: those that exporters compute shapes with, and those that weights go through. */
const FOLDS: ReadonlyMap<string, Fold> = new Map(
  Object.entries<Fold>({
    Identity: (_node, inputs) => input(inputs, 0),
    Dropout: (_node, inputs) => input(inputs, 0),
    Cast: cast,
    Constant: (node, _inputs, { file, take }) => {
      const stored = tensor(node, 'value');
      if (stored) {
        if (stored.external) throw new WeightsError('has a constant in another file');
        take('float', sizeOf(stored.shape));
        return constantOf(file, stored, undefined);
      }
      const [floatList, intList] = [list(node, 'value_floats'), list(node, 'value_ints')];
      if (floatList) return { shape: [floatList.length], kind: 'float', data: Float32Array.from(floatList) };
      if (intList) return ints(intList);
      if (node.attributes.has('value_int')) return ints([number(node, 'value_int', 0)], []);
      if (!node.attributes.has('value_float')) throw new WeightsError('has a constant that is no tensor of numbers');
      return { shape: [], kind: 'float', data: Float32Array.of(number(node, 'value_float', 0)) };
    },
    ConstantOfShape: (node, inputs, { file, take }) => {
      const shape = reshapedTo([], Array.from(input(inputs, 0).data), true, false);
      const stored = tensor(node, 'value');
      const value = stored ? constantOf(file, stored, undefined) : undefined;
      const kind = value?.kind ?? 'float';
      take(kind, sizeOf(shape));
      return { shape, kind, data: zeros(kind, sizeOf(shape)).fill(value ? single(value, 'value') : 0) };
    },
    Range: (_node, inputs, { take }) => {
      const [start, limit, delta] = [0, 1, 2].map((i) => single(input(inputs, i), 'a limit')) as [
        number,
        number,
        number,
      ];
      const count = Math.max(0, Math.ceil((limit - start) / delta));
      if (!Number.isSafeInteger(count)) throw new WeightsError(`has a range of ${count} values`);
      const { kind } = input(inputs, 0);
      take(kind, count);
      const data = zeros(kind, count);
      for (let i = 0; i < count; i++) data[i] = start + i * delta;
      return { shape: [count], kind, data };
    },
    Shape: (node, inputs) => shapeConstant(node, input(inputs, 0).shape),
    Size: (_node, inputs) => ints([sizeOf(input(inputs, 0).shape)], []),
    Reshape: reshape,
    Flatten: (node, inputs) => {
      const x = input(inputs, 0);
      return { ...x, shape: flattenedTo(x.shape, number(node, 'axis', 1)) };
    },
    Squeeze: (node, inputs) => {
      const x = input(inputs, 0);
      return { ...x, shape: squeezed(x.shape, listOf(node, 'axes', inputs[1])) };
    },
    Unsqueeze: (node, inputs) => {
      const x = input(inputs, 0);
      return { ...x, shape: unsqueezed(x.shape, listOf(node, 'axes', inputs[1]) ?? []) };
    },
    Transpose: (node, inputs, { take }) => {
      const x = input(inputs, 0);
      take(x.kind, x.data.length);
      return permuted(x, permutationOf(node, x.shape.length));
    },
    Gather: (node, inputs, context) => {
      const x = input(inputs, 0);
      return gather(x, input(inputs, 1), axisIn(x.shape, number(node, 'axis', 0)), context);
    },
    Concat: (node, inputs, context) => {
      const all = inputs.map((_, i) => input(inputs, i));
      return concat(all, axisIn(input(inputs, 0).shape, number(node, 'axis', 0)), context);
    },
    Slice: (node, inputs, context) => {
      let x = input(inputs, 0);
      for (const { axis, begin, count, step } of slicesOf(node, x.shape, inputs.slice(1))) {
        x = gather(x, ints(Array.from({ length: count }, (_, i) => begin + i * step)), axis, context);
      }
      return x;
    },
    Expand: (_node, inputs, context) => {
      const x = input(inputs, 0);
      const shape = reshapedTo([], Array.from(input(inputs, 1).data), true, false);
      context.take(x.kind, sizeOf(broadcastShape(x.shape, shape)));
      const like: Constant = { shape, kind: x.kind, data: zeros(x.kind, sizeOf(shape)) };
      return pairwise(x, like, (a) => a, context, x.kind);
    },
    Tile: (_node, inputs, context) => {
      const x = input(inputs, 0);
      return Array.from(input(inputs, 1).data).reduce((one, times, axis) => {
        if (!Number.isSafeInteger(times) || times < 1 || times > 1_000_000)
          throw new WeightsError(`repeats ${times} times`);
        context.take(one.kind, sizeOf(one.shape) * times);
        return concat(new Array<Constant>(times).fill(one), axis, context);
      }, x);
    },
    Add: both((a, b) => a + b),
    Sub: both((a, b) => a - b),
    Mul: both((a, b) => a * b),
    Div: both(divide),
    Mod: both((a, b) => a - b * Math.floor(a / b)),
    Pow: (_node, inputs, context) =>
      pairwise(input(inputs, 0), input(inputs, 1), Math.pow, context, input(inputs, 0).kind),
    Max: both((a, b) => Math.max(a, b)),
    Min: both((a, b) => Math.min(a, b)),
    Equal: both((a, b) => (a === b ? 1 : 0), 'bool'),
    Greater: both((a, b) => (a > b ? 1 : 0), 'bool'),
    GreaterOrEqual: both((a, b) => (a >= b ? 1 : 0), 'bool'),
    Less: both((a, b) => (a < b ? 1 : 0), 'bool'),
    LessOrEqual: both((a, b) => (a <= b ? 1 : 0), 'bool'),
    And: both((a, b) => (a && b ? 1 : 0), 'bool'),
    Or: both((a, b) => (a || b ? 1 : 0), 'bool'),
    Not: each((value) => (value ? 0 : 1), 'bool'),
    Where: (_node, inputs, context) => {
      const [x, y] = [input(inputs, 1), input(inputs, 2)];
      const where = pairwise(input(inputs, 0), { ...x, data: zeros('bool', x.data.length) }, (a) => a, context, 'bool');
      const yes = pairwise(where, x, (chosen, value) => (chosen ? value : 0), context, x.kind);
      const no = pairwise(where, y, (chosen, value) => (chosen ? 0 : value), context, x.kind);
      return pairwise(yes, no, (a, b) => a + b, context, x.kind);
    },
    Abs: each(Math.abs),
    Neg: each((value) => -value),
    Sqrt: each(Math.sqrt),
    Exp: each(Math.exp),
    Log: each(Math.log),
    Floor: each(Math.floor),
    Ceil: each(Math.ceil),
    Reciprocal: each((value) => 1 / value),
    ReduceProd: reduced((a, b) => a * b, 1),
    ReduceSum: reduced((a, b) => a + b, 0),
    ReduceMax: reduced(Math.max, -Infinity),
    ReduceMin: reduced(Math.min, Infinity),
    DequantizeLinear: (node, inputs, context) => {
      const [x, scale] = [input(inputs, 0), input(inputs, 1)];
      const along = (one: Constant) => ({ ...one, shape: alongAxis(one.shape, x.shape, number(node, 'axis', 1)) });
      const apart = inputs[2] ? pairwise(x, along(inputs[2]), (a, b) => a - b, context, 'float') : x;
      return pairwise(apart, along(scale), (a, b) => a * b, context, 'float');
    },
  }),
);

/** @internal The result of a Shape. */
export function shapeConstant(node: OnnxNode, shape: Shape): Constant {
  return ints(shape.slice(number(node, 'start', 0), number(node, 'end', shape.length)));
}
