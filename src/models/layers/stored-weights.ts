import { WeightsError } from '../../errors/errors.ts';
import type { Weight } from '../../stage/weights.ts';
import type { Layer } from './layer.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { floatsIn, notFinite, type StoredWeight } from '../tfjs/weight-specs.ts';
import { few } from '../few-names.ts';

/** @internal The weights of a model, by layer. Each is read once, also when layers share it. */
export class StoredWeights {
  readonly #file: string;
  /** The weights by every ending of their names: `a/b/kernel`, `b/kernel`, `kernel`. */
  readonly #byEnd = new Map<string, StoredWeight[]>();
  readonly #read = new Map<StoredWeight, Weight>();
  readonly #all: readonly StoredWeight[];
  readonly #notFinite = new Set<string>();

  constructor({ file, weights }: TfjsModel) {
    this.#file = file;
    this.#all = [...weights.values()];
    for (const stored of this.#all) {
      // The names of TensorFlow's variables end in `:0`.
      const parts = stored.spec.name.replace(/:0$/, '').split('/').slice(-MAX_PARTS);
      const ends = parts.map((_, i) => parts.slice(i).join('/'));
      // Some versions put another name between those of the layer and the weight.
      const short = parts.length > 2 ? [[...parts.slice(0, -2), parts.at(-1)].join('/')] : [];
      for (const end of new Set([...ends, ...short])) {
        const others = this.#byEnd.get(end);
        if (others) others.push(stored);
        else this.#byEnd.set(end, [stored]);
      }
    }
  }

  /**
   * A layer's weight, by one of its names or by its index among the layer's weights, which Keras 3 uses as a name. The models
   * around the layer count where the names of the weights contain theirs.
   */
  find({ path, name: layer }: Layer, names: readonly string[], index: number): StoredWeight | undefined {
    const all = [...names, String(index)];
    for (const name of path === layer ? [] : all) {
      const key = `${path}/${name}`;
      const found = this.#byEnd.get(key)?.find(({ spec }) => spec.name === key);
      if (found) return found;
    }
    for (const name of all) {
      const key = `${layer}/${name}`;
      const found = this.#byEnd.get(key) ?? [];
      const exact = found.find(({ spec }) => spec.name === key);
      if (found.length > 1 && !exact) {
        const which = found.map(({ spec }) => spec.name).join(', ');
        throw new WeightsError(`${this.#file} has several weights ${key}: ${which}`);
      }
      const only = exact ?? found[0];
      if (only) return only;
    }
    return undefined;
  }

  read(stored: StoredWeight): Weight {
    const known = this.#read.get(stored);
    if (known) return known;
    const weight = floatsIn(this.#file, stored);
    if (!weight.data.every((value) => Number.isFinite(value))) this.#notFinite.add(stored.spec.name);
    this.#read.set(stored, weight);
    return weight;
  }

  /** Warnings about weights that are not finite or were not read. */
  warnings(): string[] {
    // Whole numbers are counters and seeds.
    const floats = this.#all.filter(({ spec }) => spec.quantization !== undefined || spec.dtype.startsWith('float'));
    const unused = floats.filter((stored) => !this.#read.has(stored)).map(({ spec }) => spec.name);
    return [
      ...notFinite(this.#file, [...this.#notFinite]),
      ...(unused.length > 0 ? [`${this.#file} has weights that no layer uses: ${few(unused)}`] : []),
    ];
  }
}

/** Of a name with more parts, only the last ones count. */
const MAX_PARTS = 16;
