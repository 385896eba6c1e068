import { WeightsError } from '../../errors/errors.ts';
import { LimitError } from '../limit-error.ts';
import { sizeOf, type Shape } from '../../stage/shape.ts';
import { MAX_VALUES } from '../limits.ts';
import type { Constant } from './constant.ts';
import type { FoldContext } from './constant-operations.ts';
import { foldNode } from './fold.ts';
import type { OnnxFile, OnnxNode } from './onnx-file.ts';
import { constantOf, type StoredTensor } from './stored-tensor.ts';

/** A constant that is computed when it is first asked for. */
interface Computed {
  readonly node: OnnxNode;
  readonly index: number;
}

/** Constants of fewer values are kept when they have been computed; larger ones are weights, which are mostly used once. */
const SMALL = 100_000;

/** How many values may be read besides four times all that are stored. */
const MAX_READ = 2 ** 26;

/** @internal The constants of a graph: its initializers, and what nodes compute of constants alone. Each is read when it is used. */
export class Constants implements FoldContext {
  readonly file: string;
  readonly opset: number;
  readonly #stored: ReadonlyMap<string, StoredTensor>;
  readonly #beside: ReadonlyMap<StoredTensor, Uint8Array>;
  readonly #computed = new Map<string, Computed>();
  readonly #known = new Map<string, Constant>();
  #taken = 0;
  #read = 0;
  readonly #most: number;

  constructor(file: string, { opset, initializers }: OnnxFile, beside: ReadonlyMap<StoredTensor, Uint8Array>) {
    this.file = file;
    this.opset = opset;
    this.#stored = initializers;
    this.#beside = beside;
    const stored = [...initializers.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    this.#most = 4 * stored + MAX_READ;
  }

  /** Whether there is a constant of this name. */
  has(name: string): boolean {
    return this.#stored.has(name) || this.#computed.has(name) || this.#known.has(name);
  }

  /** Remembers how the outputs of a node are computed, all of whose inputs are constants. */
  add(node: OnnxNode): void {
    node.outputs.forEach((name, index) => {
      if (name !== '') this.#computed.set(name, { node, index });
    });
  }

  /** Remembers a constant that is not computed of constants: the shape of a value. */
  set(name: string, constant: Constant): void {
    this.#known.set(name, constant);
  }

  /** The constant of a name. Throws `WeightsError`. */
  get(name: string): Constant {
    // Each use takes time, and each use of a weight is a copy of it.
    this.#count(this.#stored.get(name)?.shape ?? this.#known.get(name)?.shape ?? []);
    const known = this.#known.get(name) ?? this.#made(name);
    if (known.data.length <= SMALL) this.#known.set(name, known);
    return known;
  }

  #count(shape: Shape): void {
    this.#read += sizeOf(shape);
    if (this.#read <= this.#most) return;
    throw new LimitError(`uses constants so often that they make over ${this.#most} values`);
  }

  #made(name: string): Constant {
    const stored = this.#stored.get(name);
    if (stored) return constantOf(this.file, stored, this.#beside.get(stored));
    const { node, index } = this.#computed.get(name) as Computed;
    const inputs = node.inputs.map((input) => (input === '' ? undefined : this.get(input)));
    const result = foldNode(node, inputs, this)?.[index];
    if (!result) throw new WeightsError(`${node.op} of constants is not supported`);
    if (result.data.length === sizeOf(result.shape)) return result;
    throw new WeightsError(`gives ${result.data.length} values`);
  }

  /** Counts the values that are computed. Integers take twice the memory, and are meant to be few. */
  readonly take = (kind: Constant['kind'], count: number): void => {
    this.#taken += kind === 'float' ? count : 8 * count;
    if (this.#taken <= MAX_VALUES) return;
    throw new LimitError(`computes constants of over ${MAX_VALUES} values`);
  };
}
