import type { Tensor } from '@tensorflow/tfjs-core';
import { Observable, Subscription, type OperatorFunction, type Subscriber } from 'rxjs';
import { describeValue } from '../describe-value.ts';
import { OptionError, ShapeError, StageError, type SluiceError } from '../errors.ts';
import { attach } from '../flow/attach.ts';
import type { Frame } from '../frame.ts';
import { count, describeShape, sizeOf } from '../shape.ts';
import { readPassport, type StageTiming, type Trace } from '../timing/passport.ts';
import { topClasses, type Class } from './top-classes.ts';

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
  readonly classes: readonly Class[];
  /** The frame's passport. */
  readonly stages: readonly StageTiming[];
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
  const settings = { labels, top, minScore, inFlight };
  return (source) =>
    new Observable((subscriber) => {
      const readback = new Readback(settings, subscriber);
      subscriber.add(() => readback.stop());
      readback.start(source);
    });
}

interface Settings {
  readonly labels: readonly string[] | undefined;
  readonly top: number;
  readonly minScore: number;
  readonly inFlight: number;
}

interface Pending {
  readonly frame: Frame<Tensor>;
  startedAt: number;
  settled?: { readonly scores: ArrayLike<number>; readonly at: number } | { readonly failure: unknown };
}

/** One subscription's readbacks, in frame order. */
class Readback {
  readonly #settings: Settings;
  readonly #subscriber: Subscriber<Classification>;
  readonly #upstream = new Subscription();
  readonly #queue: Pending[] = [];
  #reading = 0;
  #emitting = false;
  #end: { readonly error?: unknown } | undefined;

  constructor(settings: Settings, subscriber: Subscriber<Classification>) {
    this.#settings = settings;
    this.#subscriber = subscriber;
  }

  start(source: Observable<Frame<Tensor>>): void {
    attach(source, this.#upstream, {
      next: (frame) => this.#take(frame),
      error: (error: unknown) => this.#finish({ error }),
      complete: () => this.#finish({}),
    });
  }

  stop(): void {
    this.#upstream.unsubscribe();
    for (const { frame } of this.#queue.splice(0)) frame.release();
  }

  #take(frame: Frame<Tensor>): void {
    let misfit: SluiceError | undefined;
    try {
      misfit = checkScores(frame, this.#settings.labels);
      if (!misfit) this.#queue.push({ frame: frame.retain(), startedAt: NaN });
    } catch (error) {
      this.#subscriber.error(error);
      return;
    }
    if (misfit && frame.lease.fail(misfit) === 'stop') {
      this.#upstream.unsubscribe();
      this.#finish({ error: misfit });
    }
    this.#readMore();
  }

  /** What is on its way still comes out before the end does. */
  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#emit();
  }

  #readMore(): void {
    for (const pending of this.#queue) {
      if (this.#reading >= this.#settings.inFlight) return;
      if (!Number.isNaN(pending.startedAt)) continue;
      pending.startedAt = performance.now();
      this.#reading++;
      const settle = (settled: Exclude<Pending['settled'], undefined>) => {
        pending.settled = settled;
        this.#reading--;
        if (this.#subscriber.closed) return;
        this.#emit();
        this.#readMore();
      };
      pending.frame.data.data<'float32'>().then(
        (scores) => settle({ scores, at: performance.now() }),
        (failure: unknown) => settle({ failure }),
      );
    }
  }

  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    try {
      while (this.#queue[0]?.settled && !this.#subscriber.closed) this.#emitOne(this.#queue[0]);
    } finally {
      this.#emitting = false;
    }
    if (!this.#end || this.#queue.length > 0) return;
    if ('error' in this.#end) this.#subscriber.error(this.#end.error);
    else this.#subscriber.complete();
  }

  #emitOne(pending: Pending): void {
    const { frame } = pending;
    try {
      const result = this.#result(pending);
      frame.lease.deliver();
      this.#subscriber.next(result);
    } catch (cause) {
      const error = new StageError('classify', frame.label, cause);
      if (frame.lease.fail(error) === 'stop') this.#subscriber.error(error);
    }
    // The subscriber may have left, and stop() released everything.
    if (this.#queue[0] !== pending) return;
    this.#queue.shift();
    frame.release();
  }

  #result({ frame, startedAt, settled }: Pending): Classification {
    if (!settled || 'failure' in settled) throw settled?.failure;
    const { labels, top, minScore } = this.#settings;
    const trace: Trace = {
      stages: ['classify'],
      marks: [startedAt, settled.at],
      method: 'synced-wall',
      before: frame.trace,
    };
    return {
      ...frame.label,
      classes: topClasses(settled.scores, labels, top, minScore),
      stages: readPassport(trace),
      latencyMs: settled.at - firstMark(trace),
    };
  }
}

function firstMark(trace: Trace): number {
  let first = trace;
  while (first.before) first = first.before;
  return first.marks[0] ?? NaN;
}

function checkScores(frame: Frame<Tensor>, labels: readonly string[] | undefined): SluiceError | undefined {
  const { data } = frame;
  const context = { stage: 'classify', frame: frame.label };
  if (!isTensor(data)) return new ShapeError(`classify needs a tensor of scores, but ${describeValue(data)} came`, context);
  const { shape } = data;
  const classes = sizeOf(shape);
  if (classes !== shape.at(-1)) {
    return new ShapeError(`classify needs the scores of one frame, [1, classes], but ${describeShape(shape)} came`, context);
  }
  if (labels && labels.length !== classes) {
    return new ShapeError(`classify has ${labels.length} labels, but ${classes} scores came: give one label per score`, context);
  }
  return undefined;
}

/** By what is used of it: a tensor may come from another copy of tfjs. */
function isTensor(data: unknown): data is Tensor {
  return typeof data === 'object' && data !== null && 'shape' in data && 'data' in data && typeof data.data === 'function';
}
