import type { Tensor } from '@tensorflow/tfjs-core';
import type { OperatorFunction } from 'rxjs';
import { count } from '../../stage/arguments.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { inOrder } from '../../flow/operators/in-order.ts';
import type { Frame } from '../../frames/frame.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import { now } from '../../frames/clock.ts';
import { arrivalOf, readTimings, settleDeviceTimes, type StageTiming, type Trace } from '../../frames/trace.ts';
import { topClasses, type ClassScore } from './top-classes.ts';

/** Options of {@link classify}. */
export interface ClassifyOptions {
  /** The classes' names, one per score. */
  readonly labels?: readonly string[];
  /** How many classes to give, best first. Default 5. */
  readonly top?: number;
  /** Classes under this score are left out. Default 0. */
  readonly minScore?: number;
  /** How many frames' scores may be on their way from the device at once. Default 2. */
  readonly inFlight?: number;
}

/** What a frame was taken for; it holds no tensor and needs no release. */
export interface Classification {
  readonly source: string;
  readonly seq: number;
  /** Microseconds. */
  readonly timestamp: number;
  /** Best first. */
  readonly classes: readonly ClassScore[];
  /** The frame's trace; empty where it was not timed. */
  readonly timings: readonly StageTiming[];
  /** From the frame's arrival at the gate to this result. */
  readonly latencyMs: number;
}

/**
 * Reads the scores back and names the best classes: the only place in a pipe that awaits the device.
 * `[1, classes]` → a {@link Classification}. Several readbacks overlap; results keep the frames' order.
 *
 * A frame's lease stays open until its result is out. Throws `OptionError` for impossible options; a number of scores
 * other than of labels is a `ShapeError` on the stream, a score that is not a number fails its frame.
 *
 * @see {@link aggregate}, {@link smooth}, {@link segments}
 *
 * @example
 * source.pipe(net, classify({ labels, top: 1 })).subscribe(({ classes }) => console.log(classes[0]?.label));
 */
export function classify(options: ClassifyOptions = {}): OperatorFunction<Frame<Tensor>, Classification> {
  const { labels, top = 5, minScore = 0, inFlight = 2 } = options;
  count('classify', 'top', top);
  count('classify', 'inFlight', inFlight);
  if (typeof minScore !== 'number' || !(minScore <= 1)) {
    throw new OptionError(`classify: minScore must be a number up to 1, not ${describeValue(minScore)}`);
  }
  if (labels !== undefined && !Array.isArray(labels)) {
    throw new OptionError(`classify: labels must be a list of names, not ${describeValue(labels)}`);
  }
  return inOrder(
    inFlight,
    async (frame) => {
      const startedAt = now();
      const scores = await frame.data.data<'float32'>();
      const classes = topClasses(scores, labels, top, minScore);
      if (frame.trace?.asksDevice) await settleDeviceTimes(frame.trace);
      return { ...frame.label, classes, ...timesOf(frame, startedAt, now()) };
    },
    { name: 'classify', check: (frame) => checkScores(frame, labels) },
  );
}

/** The frame's trace with the readback in it, and how long it all took. */
function timesOf(
  { trace }: Frame<Tensor>,
  startedAt: number,
  at: number,
): Pick<Classification, 'timings' | 'latencyMs'> {
  if (trace?.closed) return { timings: [], latencyMs: at - arrivalOf(trace) };
  const whole: Trace = { stages: ['classify'], marks: [startedAt, at], method: 'synced-wall', before: trace };
  return { timings: readTimings(whole), latencyMs: at - arrivalOf(whole) };
}

function checkScores(frame: Frame<Tensor>, labels: readonly string[] | undefined): void {
  const { data } = frame;
  const context = { stage: 'classify', frame: frame.label };
  if (!isTensor(data))
    throw new ShapeError(`classify needs a tensor of scores, but ${describeValue(data)} came`, context);
  const { shape } = data;
  const classes = sizeOf(shape);
  if (classes !== shape.at(-1)) {
    throw new ShapeError(
      `classify needs the scores of one frame, [1, classes], but ${describeShape(shape)} came`,
      context,
    );
  }
  if (labels && labels.length !== classes) {
    throw new ShapeError(
      `classify has ${labels.length} labels, but ${classes} scores came: give one label per score`,
      context,
    );
  }
}

/** By what is used of it: a tensor may come from another copy of tfjs. */
function isTensor(data: unknown): data is Tensor {
  return (
    typeof data === 'object' && data !== null && 'shape' in data && 'data' in data && typeof data.data === 'function'
  );
}
