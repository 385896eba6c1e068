import { WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { flag, list } from './attributes.ts';
import { eachIndex, zeros, type Constant } from './constant.ts';
import type { OnnxNode } from './onnx-file.ts';
import { axesOf, axisIn, broadcastShape } from './shapes.ts';

/** @internal What folding a node may know besides its inputs. */
export interface FoldContext {
  readonly file: string;
  readonly opset: number;
  /** Throws `WeightsError` if all constants that are computed have too many values together. */
  readonly take: (kind: Constant['kind'], count: number) => void;
}

/** @internal The inputs of a node, all of which are constants. An optional one may be missing. */
export type Inputs = readonly (Constant | undefined)[];
/** @internal Computes the outputs of a node. */
export type Fold = (node: OnnxNode, inputs: Inputs, context: FoldContext) => Constant | readonly Constant[];

/** @internal An input of a node. Throws `WeightsError` if it is missing. */
export function input(inputs: Inputs, index: number): Constant {
  const found = inputs[index];
  if (found) return found;
  throw new WeightsError(`lacks its input ${index + 1}`);
}

/** @internal The values of a list of integers, which an attribute held before some version of the operators. */
export function listOf(node: OnnxNode, name: string, given: Constant | undefined): readonly number[] | undefined {
  return given ? Array.from(given.data) : list(node, name);
}

/** @internal Computes each value of the first input. */
export function each(f: (value: number) => number, kind?: Constant['kind']): Fold {
  return (_node, inputs, { take }) => {
    const x = input(inputs, 0);
    const to = kind ?? x.kind;
    take(to, x.data.length);
    const data = zeros(to, x.data.length);
    for (let i = 0; i < data.length; i++) data[i] = f(x.data[i] as number);
    return { shape: x.shape, kind: to, data };
  };
}

/** @internal Combines the values of all inputs, from the first one on. */
export function both(f: (a: number, b: number, whole: boolean) => number, kind?: Constant['kind']): Fold {
  return (_node, inputs, context) => {
    const first = input(inputs, 0);
    return inputs.slice(1).reduce<Constant>((a, _b, i) => pairwise(a, input(inputs, i + 1), f, context, kind), first);
  };
}

/** @internal Combines two constants value by value, repeated to the same shape. */
export function pairwise(
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

/** @internal The places of a constant along an axis that the indices name. */
export function gather(x: Constant, indices: Constant, axis: number, { take }: FoldContext): Constant {
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

/** @internal Constants one after the other along an axis. */
export function concat(all: readonly Constant[], axis: number, { take }: FoldContext): Constant {
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

/** @internal Combines the values along axes, from `start` on. */
export function reduced(f: (a: number, b: number) => number, start: number): Fold {
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

/** @internal A list of one value for each place along an axis, shaped to repeat along the others. */
export function alongAxis(shape: Shape, of: Shape, axis: number): Shape {
  if (sizeOf(shape) === 1) return [];
  if (shape.length !== 1) throw new WeightsError('is quantized in blocks, which is not supported');
  const at = axisIn(of, axis);
  return of.map((_, d) => (d === at ? (shape[0] ?? 1) : 1));
}
