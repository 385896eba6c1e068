import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import { captionBox } from '../caption-box.ts';
import { significant } from '../rounded.ts';
import type { Task } from '../task.ts';

/** The result of regression. */
export interface Regression {
  /** The number that the model gives, in its own unit. */
  readonly value: number;
}

/** Float32 has about seven digits. */
const DIGITS = 7;
/** A caption with more digits would change with every frame. */
const CAPTION_DIGITS = 3;

/**
 * The task of a model that gives one number, such as an age or an angle: `[1, 1]` → {@link Regression}. Tables have one row
 * with the column `value`, the caption is the value with three digits, and an aggregate has the mean.
 *
 * Throws `OptionError` if the model has labels. A value that is not a number fails its frame.
 *
 * @see {@link classification}, {@link embedding}, {@link infer}
 *
 * @example
 * console.log(regression().captions({ value: 31.4159 })[0]?.label); // 31.4
 */
export function regression(): Task<Regression, object> {
  return REGRESSION;
}

const REGRESSION: Task<Regression, object> = {
  kind: 'regression',
  spec: { kind: 'regression' },
  optionNames: [],
  reader(labels = []) {
    if (labels.length > 0) {
      throw new OptionError(`regression: a value has no labels, but the model has ${labels.length}: leave them out`);
    }
    return {
      name: 'readValue',
      checkShape(shape) {
        if (sizeOf(shape) === 1) return;
        throw new ShapeError(`needs one value for a frame, [1, 1], but got ${describeShape(shape)}`);
      },
      async read(output: Tensor) {
        const [value = NaN] = await output.data();
        if (Number.isNaN(value)) throw new RangeError('the value is not a number');
        return { value };
      },
    };
  },
  optionsToAggregate: () => ({}),
  select: ({ value }) => ({ value }),
  aggregator() {
    let [sum, results] = [0, 0];
    return {
      add({ value }) {
        sum += value;
        results++;
      },
      take() {
        const value = sum / results;
        [sum, results] = [0, 0];
        return { value };
      },
    };
  },
  captions: ({ value }) => [{ label: textOf(value), score: value }],
  // JSON has no infinity; null stands for it.
  stored: ({ value }) => ({ value: significant(value, DIGITS) as number }),
  columns: [{ name: 'value', type: 'double' }],
  rows: ({ value }) => [{ value: significant(value, DIGITS) }],
  overlay: ({ value }, picture) => captionBox([{ text: textOf(value), bar: 1 }], picture),
};

function textOf(value: number): string {
  return String(significant(value, CAPTION_DIGITS) ?? value);
}
