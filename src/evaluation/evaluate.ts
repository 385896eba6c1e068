import { defer, map, reduce, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { count, wholeSeed } from '../stage/arguments.ts';
import type { Classification } from '../tasks/classification/class-scores.ts';
import type { StoredResult } from '../tasks/frame-result.ts';
import type { Evaluation } from './evaluation.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import { Evaluator } from './evaluator.ts';

const NAMES: OptionNames<EvaluateOptions> = {
  labels: true,
  bins: true,
  resamples: true,
  mistakes: true,
  seed: true,
};

/**
 * Measures a classifier: results of frames with a `target` → one {@link Evaluation} when they end, with accuracy, precision, recall and F1 of each
 * class, the confusion matrix, the calibration error and the worst mistakes. Results must list at least five classes, or all, for `top5`.
 *
 * The intervals of 95 % are those of a bootstrap that draws whole sources, because frames of a video depend on each other; where all
 * frames are from one source, it draws frames.
 *
 * Throws `OptionError`. The stream fails with `OptionError` for a result without a target or a class, with a target that is no class, and
 * without any results.
 *
 * @see {@link labelled}, {@link infer}, {@link fit}
 *
 * @example
 * const labels = ['cat', 'dog'];
 * const result = (target, index) => ({ source: 'photos', seq: 0, timestamp: 0, target, classes: [{ index, label: labels[index], score: 0.9 }] });
 * of(result(0, 0), result(1, 1), result(1, 0)).pipe(evaluate({ labels })).subscribe(({ accuracy, confusion }) => {
 *   console.log(accuracy.value.toFixed(2), confusion); // 0.67 [ [ 1, 0 ], [ 1, 1 ] ]
 * });
 */
export function evaluate(options: EvaluateOptions): OperatorFunction<StoredResult<Classification>, Evaluation> {
  checkOptions('evaluate', options, NAMES);
  const { labels, bins = 15, resamples = 1000, mistakes = 20, seed = 1 } = options;
  if (!Array.isArray(labels) || labels.length < 2) {
    throw new OptionError(`evaluate: labels must be a list of at least two names, not ${describeValue(labels)}`);
  }
  count('evaluate', 'bins', bins);
  count('evaluate', 'resamples', resamples);
  count('evaluate', 'mistakes', mistakes);
  wholeSeed('evaluate', seed);
  const settings = { labels, bins, resamples, mistakes, seed };
  return (results) =>
    defer(() =>
      results.pipe(
        reduce((evaluator, result) => evaluator.add(result), new Evaluator(settings)),
        map((evaluator) => evaluator.evaluation()),
      ),
    );
}
