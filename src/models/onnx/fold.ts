import { WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { flag, list, number, tensor } from './attributes.ts';
import { eachIndex, ints, permuted, single, zeros, type Constant } from './constant.ts';
import type { OnnxNode } from './onnx-file.ts';
import { axesOf, axisIn, broadcastShape, reshapedTo, slicesOf } from './shapes.ts';
import { constantOf } from './stored-tensor.ts';

/** @internal What folding a node may know besides its inputs. */
export interface FoldContext {
  readonly file: string;
  readonly opset: number;
  /** Throws `WeightsError` if all constants that are computed have too many values together. */
  readonly take: (kind: Constant['kind'], count: number) => void;
}

type Inputs = readonly (Constant | undefined)[];
type Fold = (node: OnnxNode, inputs: Inputs, context: FoldContext) => Constant | readonly Constant[];

/** @internal Computes the outputs of a node whose inputs are all constants; undefined for an operator that is not known here. */
export function foldNode(node: OnnxNode, inputs: Inputs, context: FoldContext): readonly Constant[] | undefined {
  const fold = FOLDS.get(node.op);
  if (!fold) return undefined;
  const result = fold(node, inputs, context);
  return Array.isArray(result) ? (result as readonly Constant[]) : [result as Constant];
}

function input(inputs: Inputs, index: number): Constant {
  const found = inputs[index];
  if (found) return found;
  throw new WeightsError(`lacks its input ${index + 1}`);
}

/** The values of a list of integers, which an attribute held before some version of the operators. */
function listOf(node: OnnxNode, name: string, given: Constant | undefined): readonly number[] | undefined {
  return given ? Array.from(given.data) : list(node, name);
}

function each(f: (value: number) => number, kind?: Constant['kind']): Fold {
  return (_node, inputs, { take }) => {
    const x = input(inputs, 0);
    const to = kind ?? x.kind;
    take(to, x.data.length);
    const data = zeros(to, x.data.length);
    for (let i = 0; i < data.length; i++) data[i] = f(x.data[i] as number);
    return { shape: x.shape, kind: to, data };
  };
}

function both(f: (a: number, b: number, whole: boolean) => number, kind?: Constant['kind']): Fold {
  return (_node, inputs, context) => {
    const first = input(inputs, 0);
    return inputs.slice(1).reduce<Constant>((a, _b, i) => pairwise(a, input(inputs, i + 1), f, context, kind), first);
  };
}

function pairwise(
  a: Constant,
  b: Constant,
  f: (a: number, b: number, whole: boolean) => number,
  { take }: FoldContext,
  kind: Constant['kind'] = a.kind === 'float' ? a.kind : b.kind,
): Constant {
  const shape = broadcastShape(a.shape, b.shape);
  take(kind, sizeOf(shape));
  const data = zeros(kind, sizeOf(shape));
  const [from, other] = [stepsIn(a.shape, shape), stepsIn(b.shape, shape)];
  const whole = kind !== 'float';
  eachIndex(shape, (index, flat) => {
    let [i, j] = [0, 0];
    for (let d = 0; d < index.length; d++) {
      i += (index[d] ?? 0) * (from[d] ?? 0);
      j += (index[d] ?? 0) * (other[d] ?? 0);
    }
    data[flat] = f(a.data[i] as number, b.data[j] as number, whole);
  });
  return { shape, kind, data };
}

/** How far apart the values are along each dimension of a larger shape, to which a shape is repeated. */
function stepsIn(shape: Shape, larger: Shape): number[] {
  const before = larger.length - shape.length;
  return larger.map((_, d) => (d < before || shape[d - before] === 1 ? 0 : sizeOf(shape.slice(d - before + 1))));
}

function gather(x: Constant, indices: Constant, axis: number, { take }: FoldContext): Constant {
  const length = x.shape[axis] ?? 0;
  const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  take(x.kind, sizeOf(shape));
  const data = zeros(x.kind, sizeOf(shape));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const given of indices.data) {
      const index = given < 0 ? given + length : given;
      if (!(index >= 0 && index < length)) throw new WeightsError(`takes value ${given} of ${length}`);
      const from = (o * length + index) * inner;
      for (let i = 0; i < inner; i++) data[to++] = x.data[from + i] as number;
    }
  }
  return { shape, kind: x.kind, data };
}

function concat(all: readonly Constant[], axis: number, { take }: FoldContext): Constant {
  const [first] = all as readonly [Constant, ...Constant[]];
  const fits = all.every(
    ({ shape }) =>
      shape.length === first.shape.length && shape.every((size, d) => d === axis || size === first.shape[d]),
  );
  if (!fits) throw new WeightsError(`concatenates ${all.map(({ shape }) => describeShape(shape)).join(' and ')}`);
  const shape = first.shape.with(
    axis,
    all.reduce((sum, one) => sum + (one.shape[axis] ?? 0), 0),
  );
  take(first.kind, sizeOf(shape));
  const data = zeros(first.kind, sizeOf(shape));
  const outer = sizeOf(shape.slice(0, axis));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const one of all) {
      const run = one.data.length / outer;
      data.set(one.data.subarray(o * run, (o + 1) * run), to);
      to += run;
    }
  }
  return { shape, kind: first.kind, data };
}

function reduced(f: (a: number, b: number) => number, start: number): Fold {
  return (node, inputs, { take }) => {
    const x = input(inputs, 0);
    const axes = axesOf(x.shape, listOf(node, 'axes', inputs[1]));
    const kept = x.shape.map((size, d) => (axes.includes(d) ? 1 : size));
    take(x.kind, sizeOf(kept));
    const data = zeros(x.kind, sizeOf(kept)).fill(start);
    const steps = stepsIn(kept, x.shape);
    eachIndex(x.shape, (index, flat) => {
      const to = index.reduce((sum, place, d) => sum + place * (steps[d] ?? 0), 0);
      data[to] = f(data[to] as number, x.data[flat] as number);
    });
    const shape = flag(node, 'keepdims', true) ? kept : x.shape.filter((_, d) => !axes.includes(d));
    return { shape, kind: x.kind, data };
  };
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
      const axis = number(node, 'axis', 1);
      const at = axis < 0 ? x.shape.length + axis : axis;
      return { ...x, shape: [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))] };
    },
    Squeeze: (node, inputs) => {
      const x = input(inputs, 0);
      const wanted = listOf(node, 'axes', inputs[1]);
      const axes = wanted ? axesOf(x.shape, wanted) : x.shape.flatMap((size, d) => (size === 1 ? [d] : []));
      return { ...x, shape: x.shape.filter((_, d) => !axes.includes(d)) };
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

/** A list of one value for each place along an axis, shaped to repeat along the others. */
function alongAxis(shape: Shape, of: Shape, axis: number): Shape {
  if (sizeOf(shape) === 1) return [];
  if (shape.length !== 1) throw new WeightsError('is quantized in blocks, which is not supported');
  const at = axisIn(of, axis);
  return of.map((_, d) => (d === at ? (shape[0] ?? 1) : 1));
}

/** @internal The permutation of a Transpose. */
export function permutationOf(node: OnnxNode, rank: number): readonly number[] {
  const each = Array.from({ length: rank }, (_, d) => d);
  const perm = list(node, 'perm') ?? each.toReversed();
  if (perm.length === rank && each.every((d) => perm.includes(d))) return perm;
  throw new WeightsError(`perm ${describeShape(perm)} is no permutation of ${rank} dimensions`);
}

/** @internal The shape with sizes of 1 put in. */
export function unsqueezed(shape: Shape, axes: readonly number[]): Shape {
  const rank = shape.length + axes.length;
  const places = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const good = places.every((place) => Number.isSafeInteger(place) && place >= 0 && place < rank);
  if (!good || new Set(places).size < places.length || rank > 64) {
    throw new WeightsError(`axes ${describeShape(axes)} do not fit ${describeShape(shape)}`);
  }
  let next = 0;
  return Array.from({ length: rank }, (_, d) => (places.includes(d) ? 1 : (shape[next++] ?? 1)));
}

/** @internal The result of a Shape. */
export function shapeConstant(node: OnnxNode, shape: Shape): Constant {
  return ints(shape.slice(number(node, 'start', 0), number(node, 'end', shape.length)));
}
