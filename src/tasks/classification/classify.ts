import type { Tensor } from '@tensorflow/tfjs-core';
import type { OperatorFunction } from 'rxjs';
import { checkKnown } from '../../errors/known-options.ts';
import type { Frame } from '../../frames/frame.ts';
import { count } from '../../stage/arguments.ts';
import type { FrameResult } from '../frame-result.ts';
import { readOutputs } from '../read-outputs.ts';
import { CLASS_OUTPUTS_NAMES, resolveClassOutputs, type ClassOutputs } from './class-outputs.ts';
import {
  CLASSIFICATION_OPTIONS,
  classScores,
  type Classification,
  type ClassificationOptions,
} from './class-scores.ts';

/** Options of {@link classify}. */
export interface ClassifyOptions extends ClassificationOptions, ClassOutputs {
  /** The classes' names, one per score; for `binary` two. Default: `class 0`, `class 1` … */
  readonly labels?: readonly string[];
  /** How many frames' scores are read back from the device at the same time. Default 2. */
  readonly inFlight?: number;
}

/**
 * Reads the scores back from the device and names the best classes: `[1, classes]` → a {@link FrameResult} with `classes`.
 * `outputKind` says what the numbers are: scores, logits, one score for two classes, or a score for each of several labels.
 * Several readbacks overlap; results keep the frames' order. `infer(model)` does this for the task of any model.
 *
 * A frame's lease stays open until its result is emitted. Throws `OptionError` for wrong options. If the number of scores
 * differs from the number of labels, the stream fails with a `ShapeError`. A score that is not a number fails its frame.
 *
 * @see {@link infer}, {@link aggregate}, {@link smooth}, {@link segments}
 *
 * @example
 * source.pipe(net, classify({ labels, top: 1 })).subscribe(({ classes }) => console.log(classes[0]?.label));
 */
export function classify(options: ClassifyOptions = {}): OperatorFunction<Frame<Tensor>, FrameResult<Classification>> {
  checkKnown('classify', options, [
    'labels',
    ...CLASSIFICATION_OPTIONS,
    ...Object.keys(CLASS_OUTPUTS_NAMES),
    'inFlight',
  ]);
  const { labels, inFlight = 2, outputKind, fromLogits, ...listed } = options;
  const outputs = resolveClassOutputs('classify', {
    ...(outputKind === undefined ? {} : { outputKind }),
    ...(fromLogits === undefined ? {} : { fromLogits }),
  });
  count('classify', 'inFlight', inFlight);
  return readOutputs(classScores(labels, listed, outputs), inFlight);
}
