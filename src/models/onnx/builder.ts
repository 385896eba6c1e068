import { WeightsError } from '../../errors/errors.ts';
import { LimitError } from '../limit-error.ts';
import type { Merge } from '../../stage/merge.ts';
import { describeShape, mergedOutput, sizeOf, type Shape } from '../../stage/shape.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { flatten } from '../../stages/flatten.ts';
import type { GraphNode } from '../../stages/graph-nodes.ts';
import { reduce } from '../../stages/reduce.ts';
import { reshape } from '../../stages/reshape.ts';
import { transpose } from '../../stages/transpose.ts';
import { MAX_LAYERS, MAX_VALUES } from '../limits.ts';
import { realDimensions, reshapeBlocks, sameList, tensorShape, type Value } from './value.ts';

/** @internal The shape and the order of a node's value. */
export type Result = Pick<Value, 'shape' | 'order'>;

/** 256 MB in single precision. */
const MAX_MADE = 2 ** 26;

/** @internal Collects the nodes of the pipeline. */
export class Builder {
  readonly nodes: (readonly [string, GraphNode])[] = [];
  readonly #ids: Set<string>;
  readonly #numbers = new Map<string, number>();
  readonly #arranged = new Map<string, Value>();
  #name = '';
  #made = 0;

  constructor(input: string) {
    this.#ids = new Set([input]);
  }

  /** The nodes that are added from now on are named after a node of the graph. */
  begin(name: string): void {
    // Weights are named `<stage>/<weight>`.
    this.#name = name.replaceAll('/', '.').replace(/^\.+/, '') || 'node';
  }

  /** Counts the values that a conversion computes itself, so that a short file cannot ask for many. Throws `WeightsError`. */
  count(values: number): void {
    this.#made += values;
    if (!(this.#made <= MAX_MADE)) throw new LimitError(`needs more than ${MAX_MADE} values that are not in the file`);
  }

  /** Adds a stage. A node of the graph that becomes several stages names those before its last one with a suffix. */
  stage(from: Value, stage: AnyStage, result: Result, suffix = ''): Value {
    return this.#add({ stage, from: from.id }, stage.outputShape(tensorShape(from)), result, suffix);
  }

  /** Brings several values of one order together. */
  merge(values: readonly Value[], merge: Merge, result: Result, suffix = '', axis?: number): Value {
    const shape = mergedOutput(this.#name, merge, values.map(tensorShape), axis);
    const node = { merge, from: values.map(({ id }) => id), ...(axis === undefined ? {} : { axis }) };
    return this.#add(node, shape, result, suffix);
  }

  #add(node: GraphNode, given: Shape, { shape, order }: Result, suffix: string): Value {
    const wanted = tensorShape({ shape, order });
    if (!sameList(given, wanted))
      throw new WeightsError(`${this.#name} gives ${describeShape(given)}, not ${describeShape(wanted)}`);
    if (!(sizeOf(given) <= MAX_VALUES))
      throw new LimitError(`gives ${describeShape(given)}, over ${MAX_VALUES} values`);
    if (this.nodes.length >= MAX_LAYERS) throw new LimitError(`is the last of over ${MAX_LAYERS} stages`);
    const base = suffix ? `${this.#name}.${suffix}` : this.#name;
    let id = base;
    // Many nodes may have one name, so the search goes on where the last one ended.
    let n = this.#numbers.get(base) ?? 0;
    while (this.#ids.has(id)) id = `${base}_${++n}`;
    this.#numbers.set(base, n);
    this.#ids.add(id);
    this.nodes.push([id, node]);
    return { id, shape, order };
  }

  /** The value with the dimensions of its tensor in another order. Those that the order leaves out must have a size of 1. */
  arrange(value: Value, order: readonly number[]): Value {
    if (sameList(value.order, order)) return value;
    const key = `${value.id}:${value.shape.join()}:${value.order.join()}:${order.join()}`;
    const known = this.#arranged.get(key);
    if (known) return known;
    const made = this.#arrange(value, order);
    this.#arranged.set(key, made);
    return made;
  }

  /** The value with a dimension in its tensor, though it may have a size of 1. */
  having(value: Value, dimension: number): Value {
    return value.order.includes(dimension) ? value : this.arrange(value, [...value.order, dimension]);
  }

  #arrange(value: Value, order: readonly number[]): Value {
    const { shape } = value;
    const real = (dimension: number) => shape[dimension] !== 1;
    let moved = value;
    if (!sameList(value.order.filter(real), order.filter(real))) {
      const next = [...order.filter((d) => value.order.includes(d)), ...value.order.filter((d) => !order.includes(d))];
      const permutation = next.map((dimension) => value.order.indexOf(dimension) + 1);
      moved = this.stage(value, transpose({ permutation }), { shape, order: next }, 'transpose');
    }
    return sameList(moved.order, order) ? moved : this.#reshaped(moved, { shape, order }, 'reshape');
  }

  /** The same values in the same order in a tensor of other sizes. */
  #reshaped(value: Value, result: Result, suffix: string): Value {
    const [, ...sizes] = tensorShape(result);
    if (sameList(tensorShape(value), [1, ...sizes])) return { ...value, ...result };
    if (sizes.length > 1) return this.stage(value, reshape({ shape: sizes }), result, suffix);
    if (sizes.length === 1) return this.stage(value, flatten(), result, suffix);
    const axes = value.order.map((_, i) => i + 1);
    return this.stage(value, reduce({ kind: 'sum', axes }), result, suffix);
  }

  /**
   * The value in another shape with as many values in the same order, as ONNX's Reshape. Only dimensions that are split or
   * joined have to be brought into ONNX's order; the others stay where they are.
   */
  reshape(value: Value, shape: Shape, suffix = ''): Value {
    if (sizeOf(shape) === 0) throw new WeightsError('gives no values');
    if (sizeOf(shape) !== sizeOf(value.shape))
      throw new WeightsError(`reshapes ${describeShape(value.shape)} to ${describeShape(shape)}`);
    const blocks = reshapeBlocks(value.shape, shape);
    const real = new Set(realDimensions(value.shape));
    const places = value.order.filter((dimension) => real.has(dimension));
    const first = (from: readonly number[]) => Math.min(...from.map((dimension) => places.indexOf(dimension)));
    const sorted = blocks.toSorted((a, b) => first(a.from) - first(b.from));
    const before = sorted.flatMap(({ from }) => from);
    const ones = value.order.filter((dimension) => !real.has(dimension));
    const moved = sameList(before, places) ? value : this.arrange(value, [...before, ...ones]);
    return this.#reshaped(moved, { shape, order: sorted.flatMap(({ to }) => to) }, suffix);
  }
}
