import { WeightsError } from '../../errors/errors.ts';
import type { Hdf5Object } from '../hdf5/hdf5-object.ts';
import { MAX_NAME, MAX_WEIGHT_BYTES, MAX_WEIGHTS } from '../limits.ts';
import type { StoredWeight } from '../tfjs/weight-specs.ts';

/** @internal Collects the weights of a model from an HDF5 file, within the limits. */
export class KerasWeights {
  readonly #file: string;
  readonly #weights = new Map<string, StoredWeight>();
  #bytes = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Adds a dataset. Throws `WeightsError` where there is none, and above the limits. */
  add(name: string, object: Hdf5Object | undefined): void {
    const dataset = object?.dataset();
    if (name.length > 2 * MAX_NAME) throw this.#wrong(`has a weight whose name has ${name.length} characters`);
    if (!dataset) throw this.#wrong(`lacks the values of ${name}`);
    if (this.#weights.has(name)) throw this.#wrong(`has two weights called ${name}`);
    if (this.#weights.size >= MAX_WEIGHTS) throw this.#wrong(`has over ${MAX_WEIGHTS} weights`);
    const { dtype, bytes } = dataset.numbers(object?.texts('dtype')?.[0]);
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_WEIGHT_BYTES) throw this.#wrong(`has more than ${MAX_WEIGHT_BYTES} bytes of weights`);
    this.#weights.set(name, { spec: { name, shape: dataset.shape, dtype }, bytes });
  }

  all(): ReadonlyMap<string, StoredWeight> {
    return this.#weights;
  }

  #wrong(what: string): WeightsError {
    return new WeightsError(`${this.#file} ${what}`);
  }
}
