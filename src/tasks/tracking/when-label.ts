import type { OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import type { Classification } from '../classification/class-scores.ts';
import type { Detection } from '../detection/detected-box.ts';
import { LabelWatch, type LabelEvent } from './label-watch.ts';
import { collect } from '../collect.ts';
import { perSource } from '../../frames/per-source.ts';
import { scoresByLabel } from './scores-by-label.ts';

/** Options of {@link whenLabel}. Times are milliseconds of the stream's time. */
export interface WhenLabelOptions {
  /** How long a label has to be there before it has appeared. Default 0: its first frame. */
  readonly for?: number;
  /** How long a label has to be away before it has left. Shorter absences count as presence. Default 0: its first frame without it. */
  readonly gone?: number;
  /** The time between two events that say that a label stays; 0 for one in each frame with it. Default 1000. */
  readonly every?: number;
  /** The least score with which a label is there, from 0 to 1. Default 0.5. */
  readonly minScore?: number;
}

const NAMES: OptionNames<WhenLabelOptions> = { for: true, gone: true, every: true, minScore: true };

/**
 * Says when labels come and go. Results of classification or detection → {@link LabelEvent}s: a label has `appeared`, `stays`, and
 * `left`, each with its source, the time, and how long the label has been there.
 *
 * A label is there in a frame if one of its classes or boxes has it with at least `minScore`. It appears once it has been there for `for`, and leaves in the
 * first frame without it that comes `gone` or more after the last one with it. Each label has events of its own; those of one
 * frame come in the order of `labels`. Every label that appears leaves: at the end of the stream, also by an error, and where the time of a
 * source goes back, at the time of the last frame. Each source is watched for itself.
 *
 * There are no timers: an event comes with a frame. Throws `OptionError`. Results of another task are a `StageError` with the frame.
 *
 * @see {@link segments}, {@link smooth}, {@link track}
 *
 * @example
 * const at = (seq: number, ...labels: string[]) => ({
 *   ...{ source: 'door.mp4', seq, timestamp: seq * 500_000 },
 *   classes: labels.map((label, index) => ({ index, label, score: 0.9 })),
 * });
 * of(at(0), at(1, 'cat'), at(2, 'cat'), at(3, 'cat'), at(4), at(5))
 *   .pipe(whenLabel('cat', { for: 500, gone: 800 }))
 *   .subscribe(({ kind, timestamp, durationMs }) => console.log(kind, timestamp / 1e6, durationMs));
 * // appeared 1 500
 * // left 2.5 1000
 */
export function whenLabel(
  labels: string | readonly string[],
  options: WhenLabelOptions = {},
): OperatorFunction<FrameLabel & (Classification | Detection), LabelEvent> {
  const who = 'whenLabel';
  const list = checkedLabels(who, labels);
  checkOptions(who, options, NAMES);
  const { for: least = 0, gone = 0, every = 1000, minScore = 0.5 } = options;
  for (const [name, value] of Object.entries({ for: least, gone, every })) numberUpTo(who, name, value, Infinity);
  numberUpTo(who, 'minScore', minScore, 1);
  const times = { least: least * 1000, gone: gone * 1000, every: every * 1000, minScore };
  return collect(who, (emit: (event: LabelEvent) => void) => {
    const watches = perSource(
      () => new LabelWatch(list, times),
      (watch) => watch.close().forEach(emit),
    );
    return {
      take: (result) => watches.of(result).next(result, scoresByLabel(result)).forEach(emit),
      close: () => watches.close(),
    };
  });
}

function checkedLabels(who: string, labels: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(labels) ? labels : [labels];
  if (list.length > 0 && list.every((label) => typeof label === 'string' && label !== '')) {
    return [...new Set(list as readonly string[])];
  }
  throw new OptionError(`${who}: labels must be a label or a list of labels, not ${describeValue(labels)}`, {
    stage: who,
  });
}
