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
  /** Classes under this score are left out. It may be negative. Default: none are. */
  readonly minScore?: number;
  /**
   * Leaves out classes with a lower score, except in a frame with negative scores, which are not shares of a whole. It makes
   * long lists short. Default 0.
   */
  readonly negligible?: number;
}

/** The names of {@link ClassificationOptions}. */
export const CLASSIFICATION_OPTIONS = ['top', 'minScore', 'negligible'] as const;

/** Makes the reader of class scores. Error messages begin with `who`. */
export function classScores(
  labels: readonly string[] | undefined,
  options: ClassificationOptions,
  who = 'classify',
): OutputReader<Classification> {
  const { top, minScore, negligible } = checkedOptions(who, options);
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
      const scores = await output.data<'float32'>();
      const least = negligible > 0 && scores.every((score) => score >= 0) ? Math.max(minScore, negligible) : minScore;
      return { classes: topClasses(scores, labels, top, least) };
    },
  };
}

/** Returns the options with their defaults. Throws `OptionError`. */
export function checkedOptions(who: string, options: ClassificationOptions): Required<ClassificationOptions> {
  checkKnown(who, options, CLASSIFICATION_OPTIONS);
  const { top = 5, minScore = -Infinity, negligible = 0 } = options;
  count(who, 'top', top);
  for (const [name, value] of Object.entries({ minScore: options.minScore, negligible })) {
    if (value === undefined || Number.isFinite(value)) continue;
    throw new OptionError(`${who}: ${name} must be a number, not ${describeValue(value)}`);
  }
  return { top, minScore, negligible };
}
