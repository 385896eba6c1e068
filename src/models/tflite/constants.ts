import { WeightsError } from '../../errors/errors.ts';
import { MAX_VALUES } from '../limits.ts';
import type { Constant } from '../onnx/constant.ts';
import type { FoldContext } from '../onnx/constant-operations.ts';
import { constantOf } from './tflite-constant.ts';
import type { TfliteFile } from './tflite-file.ts';

/** How many values may be read besides four times all that are stored. */
const MAX_READ = 2 ** 26;

/** @internal The constants of a graph: what is stored, and what operators compute of constants alone. */
export class Constants implements FoldContext {
  readonly file: string;
  readonly opset = 13;
  readonly #graph: TfliteFile;
  readonly #computed = new Map<number, Constant>();
  readonly #most: number;
  #read = 0;
  #taken = 0;

  constructor(file: string, graph: TfliteFile, bytes: number) {
    this.file = file;
    this.#graph = graph;
    this.#most = 4 * bytes + MAX_READ;
  }

  /** Whether a tensor is a constant. */
  has(tensor: number): boolean {
    const { data, storage } = this.#graph.tensors[tensor] ?? {};
    return this.#computed.has(tensor) || data !== undefined || storage !== undefined;
  }

  set(tensor: number, constant: Constant): void {
    this.#computed.set(tensor, constant);
  }

  /** The constant of a tensor. `scales` take the place of its own. Throws `WeightsError`. */
  get(tensor: number, scales?: readonly number[]): Constant {
    const known = this.#computed.get(tensor);
    if (known) return known;
    const found = this.#graph.tensors[tensor];
    if (!found) throw new WeightsError('takes a value that does not exist');
    // Each use of a weight is a copy of it.
    this.#read += found.data?.length ?? 0;
    if (this.#read <= this.#most) return constantOf(this.file, found, scales);
    throw new WeightsError(`uses weights so often that they make over ${this.#most} values`);
  }

  /** Counts the values that are computed. Integers take twice the memory, and are meant to be few. */
  readonly take = (kind: Constant['kind'], count: number): void => {
    this.#taken += kind === 'float' ? count : 8 * count;
    if (this.#taken <= MAX_VALUES) return;
    throw new WeightsError(`computes constants of over ${MAX_VALUES} values`);
  };
}
