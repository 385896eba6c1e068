import type { Tensor } from '@tensorflow/tfjs-core';
import { checkKnown } from '../../errors/known-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { count } from '../../stage/arguments.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import type { OutputReader } from '../task.ts';
import { topClasses, type ClassScore } from './top-classes.ts';

/** The result of classification. */
export interface Classification {
  /** The classes with the highest scores, best first. */
  readonly classes: readonly ClassScore[];
}

/** Options that choose the classes of a result. */
export interface ClassificationOptions {
  /** How many classes are listed, best first. Default 5. */
  readonly top?: number;
  /** Classes under this score are left out. Default 0. */
  readonly minScore?: number;
}

/** The names of {@link ClassificationOptions}. */
export const CLASSIFICATION_OPTIONS = ['top', 'minScore'] as const;

/** Makes the reader of class scores. Error messages begin with `who`. */
export function classScores(
  labels: readonly string[] | undefined,
  options: ClassificationOptions,
  who = 'classify',
): OutputReader<Classification> {
  const { top, minScore } = checkedOptions(who, options);
  if (labels !== undefined && !Array.isArray(labels)) {
    throw new OptionError(`${who}: labels must be a list of names, not ${describeValue(labels)}`);
  }
  return {
    name: 'classify',
    checkShape(shape) {
      const classes = sizeOf(shape);
      if (classes !== shape.at(-1)) {
        throw new ShapeError(`needs the scores of one frame, [1, classes], but got ${describeShape(shape)}`);
      }
      if (labels && labels.length !== classes) {
        throw new ShapeError(`needs one label per score, but got ${labels.length} labels and ${classes} scores`);
      }
    },
    async read(output: Tensor) {
      return { classes: topClasses(await output.data<'float32'>(), labels, top, minScore) };
    },
  };
}

/** Returns the options with their defaults. Throws `OptionError`. */
export function checkedOptions(who: string, options: ClassificationOptions): Required<ClassificationOptions> {
  checkKnown(who, options, CLASSIFICATION_OPTIONS);
  const { top = 5, minScore = 0 } = options;
  count(who, 'top', top);
  if (typeof minScore !== 'number' || !(minScore <= 1)) {
    throw new OptionError(`${who}: minScore must be a number up to 1, not ${describeValue(minScore)}`);
  }
  return { top, minScore };
}
