import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import { significant } from '../rounded.ts';
import type { Task } from '../task.ts';

/** The result of embedding. */
export interface Embedding {
  /** The numbers that the model gives, in the order of its output, rows first. */
  readonly vector: readonly number[];
}

/** Float32 has about seven digits. */
const DIGITS = 7;

/**
 * The task of a model that gives a vector, such as the features of a picture: `[1, …]` → {@link Embedding}. Tables have one
 * row with the column `vector`, a list of numbers as JSON text. A vector has no captions, so it has no subtitles and cannot be
 * drawn. An aggregate has the mean vector.
 *
 * Throws `OptionError` if the model has labels. A value that is not a number fails its frame.
 *
 * @see {@link classification}, {@link regression}, {@link infer}
 *
 * @example
 * console.log(embedding().rows({ vector: [0.25, -1] })); // [{ vector: '[0.25,-1]' }]
 */
export function embedding(): Task<Embedding, object> {
  return EMBEDDING;
}

const EMBEDDING: Task<Embedding, object> = {
  kind: 'embedding',
  spec: { kind: 'embedding' },
  optionNames: [],
  hasCaptions: false,
  reader(labels = []) {
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
        return { vector };
      },
    };
  },
  optionsToAggregate: () => ({}),
  select: ({ vector }) => ({ vector }),
  aggregator() {
    let sums: number[] = [];
    let results = 0;
    return {
      add({ vector }) {
        sums = vector.map((value, i) => (sums[i] ?? 0) + value);
        results++;
      },
      take() {
        const vector = sums.map((sum) => sum / results);
        [sums, results] = [[], 0];
        return { vector };
      },
    };
  },
  captions: () => [],
  stored: ({ vector }) => ({ vector: vector.map((value) => significant(value, DIGITS) as number) }),
  columns: [{ name: 'vector', type: 'text' }],
  rows: ({ vector }) => [{ vector: JSON.stringify(vector.map((value) => significant(value, DIGITS))) }],
  overlay: () => undefined,
};
