import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import { significant } from '../rounded.ts';
import type { OutputReader, Task } from '../task.ts';

/** The result of embedding. */
export interface Embedding {
  /** The numbers that the model gives, in the order of its output, rows first. */
  readonly vector: readonly number[];
}

/** What the vector of a model becomes. */
export interface EmbeddingOutputs {
  /**
   * Whether vectors are divided by their length (√Σx²), so that the dot product of two is the cosine of their angle. A vector of zeros then
   * fails its frame. Default false.
   */
  readonly normalize?: boolean;
}

const NAMES: OptionNames<EmbeddingOutputs> = { normalize: true };

/** Float32 has about seven digits. */
const DIGITS = 7;

/**
 * The task of a model that gives a vector, such as the features of a picture: `[1, …]` → {@link Embedding}. Tables have one
 * row with the column `vector`, a list of numbers as JSON text. A vector has no captions, so it has no subtitles and cannot be
 * drawn. An aggregate has the mean vector.
 *
 * Throws `OptionError` if the model has labels, and for wrong settings. A value that is not a number fails its frame.
 *
 * @see {@link similarTo}, {@link features}, {@link classification}, {@link regression}, {@link infer}
 *
 * @example
 * console.log(embedding().rows({ vector: [0.25, -1] })); // [{ vector: '[0.25,-1]' }]
 */
export function embedding(outputs: EmbeddingOutputs = {}): Task<Embedding> {
  checkOptions('embedding', outputs, NAMES);
  const { normalize = false } = outputs;
  if (typeof normalize !== 'boolean') {
    throw new OptionError(`embedding: normalize must be true or false, not ${describeValue(normalize)}`);
  }
  const finish = normalize ? unit : (vector: readonly number[]) => vector;
  return {
    ...COMMON,
    spec: { kind: COMMON.kind, ...(normalize ? { normalize } : {}) },
    reader: (labels = []) => vectorReader(labels, finish),
    aggregator: () => new MeanVector(finish),
  };
}

/** The vector of length 1 in the same direction. Throws `RangeError` for a vector of zeros. */
function unit(vector: readonly number[]): number[] {
  const length = lengthOf(vector);
  if (length > 0 && Number.isFinite(length)) return vector.map((value) => value / length);
  throw new RangeError(`the vector cannot be normalized: its length is ${length}`);
}

/** √Σx². */
export function lengthOf(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] ?? 0) ** 2;
  return Math.sqrt(sum);
}

type Finish = (vector: readonly number[]) => readonly number[];

function vectorReader(labels: readonly string[], finish: Finish): OutputReader<Embedding> {
  if (labels.length > 0) {
    throw new OptionError(`embedding: a vector has no labels, but the model has ${labels.length}: leave them out`);
  }
  return {
    name: 'readVector',
    checkShape(shape) {
      if (shape[0] === 1 && sizeOf(shape) > 0) return;
      throw new ShapeError(`needs the vector of one frame, [1, values], but got ${describeShape(shape)}`);
    },
    async read(output: Tensor) {
      const vector = Array.from(await output.data());
      const odd = vector.findIndex((value) => Number.isNaN(value));
      if (odd >= 0) throw new RangeError(`value ${odd} of the vector is not a number`);
      return { vector: finish(vector) };
    },
  };
}

/** The mean of vectors. */
class MeanVector {
  readonly #finish: Finish;
  #sums: number[] = [];
  #results = 0;

  constructor(finish: Finish) {
    this.#finish = finish;
  }

  add({ vector }: Embedding): void {
    this.#sums = vector.map((value, i) => (this.#sums[i] ?? 0) + value);
    this.#results++;
  }

  take(): Embedding {
    const mean = this.#sums.map((sum) => sum / this.#results);
    [this.#sums, this.#results] = [[], 0];
    return { vector: this.#finish(mean) };
  }
}

/** What does not depend on the settings. */
const COMMON: Omit<Task<Embedding>, 'spec' | 'reader' | 'aggregator'> = {
  kind: 'embedding',
  optionNames: [],
  hasCaptions: false,
  optionsToAggregate: () => ({}),
  select: ({ vector }) => ({ vector }),
  captions: () => [],
  stored: ({ vector }) => ({ vector: vector.map((value) => significant(value, DIGITS) as number) }),
  columns: [{ name: 'vector', type: 'text' }],
  rows: ({ vector }) => [{ vector: JSON.stringify(vector.map((value) => significant(value, DIGITS))) }],
  overlay: () => undefined,
};
