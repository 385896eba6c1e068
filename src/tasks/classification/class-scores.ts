import type { Tensor } from '@tensorflow/tfjs-core';
import { checkKnown } from '../../errors/known-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { count } from '../../stage/arguments.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import type { OutputReader } from '../task.ts';
import { scoresOf, type ClassOutputKind, type ClassOutputs } from './class-outputs.ts';
import { topClasses, type ClassScore } from './top-classes.ts';

/** The result of classification. */
export interface Classification {
  /** The classes with the highest scores, best first. */
  readonly classes: readonly ClassScore[];
}

/** Options that choose the classes of a result. */
export interface ClassificationOptions {
  /** How many classes are listed, best first. Default 5; for a model of several labels all that reach `minScore`. */
  readonly top?: number;
  /** Classes under this score are left out. It may be negative. Default: none are; for a model of several labels 0.5. */
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
  outputs: Required<ClassOutputs>,
  who = 'classify',
): OutputReader<Classification> {
  const { outputKind } = outputs;
  const { top, minScore, negligible } = checkedOptions(who, options, outputKind);
  if (labels !== undefined && !Array.isArray(labels)) {
    throw new OptionError(`${who}: labels must be a list of names, not ${describeValue(labels)}`);
  }
  return {
    name: 'classify',
    checkShape(shape) {
      const numbers = sizeOf(shape);
      if (numbers !== shape.at(-1)) {
        throw new ShapeError(`needs the scores of one frame, [1, classes], but got ${describeShape(shape)}`);
      }
      if (outputKind === 'binary' && numbers !== 1) {
        throw new ShapeError(`needs one score for two classes (binary), but got ${describeShape(shape)}`);
      }
      if (outputKind === 'logits' && numbers === 1) {
        throw new ShapeError(`needs a logit for each of several classes, but got ${describeShape(shape)}`);
      }
      const classes = outputKind === 'binary' ? 2 : numbers;
      if (labels && labels.length !== classes) {
        const what = outputKind === 'binary' ? 'two labels (binary)' : 'one label per score';
        throw new ShapeError(`needs ${what}, but got ${labels.length} labels and ${numbers} scores`);
      }
    },
    async read(output: Tensor) {
      const scores = scoresOf(await output.data<'float32'>(), outputs);
      const isShares = negligible > 0 && Array.prototype.every.call(scores, (score: number) => score >= 0);
      return { classes: topClasses(scores, labels, top, isShares ? Math.max(minScore, negligible) : minScore) };
    },
  };
}

/** The defaults where each label is judged for itself. */
const MULTI_LABEL = { top: Number.MAX_SAFE_INTEGER, minScore: 0.5 };
const BEST_FIRST = { top: 5, minScore: -Infinity };

/** Returns the options with their defaults. Throws `OptionError`. */
export function checkedOptions(
  who: string,
  options: ClassificationOptions,
  outputKind: ClassOutputKind,
): Required<ClassificationOptions> {
  checkKnown(who, options, CLASSIFICATION_OPTIONS);
  const defaults = outputKind === 'multiLabel' ? MULTI_LABEL : BEST_FIRST;
  const { top = defaults.top, minScore = defaults.minScore, negligible = 0 } = options;
  count(who, 'top', top);
  for (const [name, value] of Object.entries({ minScore: options.minScore, negligible })) {
    if (value === undefined || Number.isFinite(value)) continue;
    throw new OptionError(`${who}: ${name} must be a number, not ${describeValue(value)}`);
  }
  return { top, minScore, negligible };
}
