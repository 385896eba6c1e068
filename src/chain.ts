import { Observable, type Subscriber } from 'rxjs';
import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from './describe-value.ts';
import { deviceTimes } from './engines/device-times.ts';
import { ensureEngine, graphEngine, timingMethod } from './engines/engine.ts';
import type { Segment } from './engines/graph-engine.ts';
import { ShapeError, StageError, type FrameLabel } from './errors.ts';
import { attach } from './flow/attach.ts';
import { emit } from './flow/emit.ts';
import { free, type Frame } from './frame.ts';
import { describeShape, sameButBatch, type Shape } from './shape.ts';
import type { Kernel, Part } from './stage.ts';
import { now } from './timing/clock.ts';
import type { DeviceTimes, TimingMethod } from './timing/passport.ts';

/**
 * Frames that have gone through a run of stages.
 *
 * A stage applied to a chain makes a longer chain instead of another subscription: `source.pipe(a, b)` and
 * `source.pipe(pipeline(a, b))` are one and the same run, and what lies between two stages is freed at once.
 */
class Chain<O> extends Observable<Frame<O>> {
  readonly upstream: Observable<Frame<unknown>>;
  readonly parts: readonly Part[];

  constructor(upstream: Observable<Frame<unknown>>, parts: readonly Part[]) {
    super((subscriber) => new Run(parts, subscriber).start(upstream));
    this.upstream = upstream;
    this.parts = parts;
  }
}

/** @internal Appends stages to a stream of frames. */
export function chain<O>(source: Observable<Frame<unknown>>, parts: readonly Part[]): Observable<Frame<O>> {
  if (source instanceof Chain) return new Chain<O>(source.upstream, [...source.parts, ...parts]);
  return new Chain<O>(source, parts);
}

/** @internal `conv2d`, `conv2d_1`, `conv2d_2` …: every part, and its stage, under a name of its own. */
export function named(parts: readonly Part[]): Part[] {
  const taken = new Set<string>();
  return parts.map((part) => {
    let name = part.name;
    for (let n = 1; taken.has(name); n++) name = `${part.name}_${n}`;
    taken.add(name);
    return name === part.name ? part : { ...part, name, stage: part.stage.named(name) };
  });
}

/** @internal The shape before each stage, and after the last; throws `ShapeError` where a stage can't take what comes. */
export function shapesThrough(parts: readonly Part[], input: Shape): Shape[] {
  let shape = input;
  const after = parts.map(({ name, stage, inputShape: declared }) => {
    if (declared && !sameButBatch(declared, shape)) {
      throw new ShapeError(`${name} is declared for ${describeShape(declared)}, but ${describeShape(shape)} came`, {
        stage: name,
      });
    }
    return (shape = stage.outputShape(shape));
  });
  return [input, ...after];
}

const WARM_UP: FrameLabel = { source: 'warm-up', seq: 0, timestamp: 0 };

interface Built {
  readonly input: Shape;
  readonly output: Shape;
  readonly kernel: Kernel<unknown, unknown>;
}

/** One subscription to a chain: owns the kernels, and runs every frame through them in one turn. */
class Run {
  readonly #parts: readonly Part[];
  readonly #names: readonly string[];
  readonly #subscriber: Subscriber<Frame<unknown>>;
  readonly #built: (Built | undefined)[] = [];
  #ready: Shape | undefined;
  #method: TimingMethod = 'unavailable';
  #pictures = 0;

  constructor(parts: readonly Part[], subscriber: Subscriber<Frame<unknown>>) {
    this.#parts = named(parts);
    this.#names = this.#parts.map(({ name }) => name);
    this.#subscriber = subscriber;
  }

  /** Subscribes to the source once there is an engine and what can be warmed up is warm. Returns the teardown. */
  start(upstream: Observable<Frame<unknown>>): () => void {
    const subscriber = this.#subscriber;
    const begin = () => {
      if (subscriber.closed) return;
      try {
        const segments = graphEngine()?.segments(this.#parts);
        if (segments) {
          this.#inSegments(upstream, segments);
          return;
        }
        this.#warmUp();
      } catch (error) {
        subscriber.error(error);
        return;
      }
      attach(upstream, subscriber, {
        next: (frame) => this.#next(frame),
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    };
    if (tf.getBackend()) begin();
    else ensureEngine().then(begin, (error: unknown) => subscriber.error(error));
    return () => this.#built.forEach((built) => built?.kernel.dispose());
  }

  /** An engine of graphs runs some of the stages: each segment is a run by itself, once the shapes are known to fit. */
  #inSegments(upstream: Observable<Frame<unknown>>, segments: readonly Segment[]): void {
    const subscriber = this.#subscriber;
    let known: Shape | undefined;
    const check = (frame: Frame<unknown>) => {
      const shape = shapeOf(frame.data, this.#names[0] ?? '');
      if (!known || !sameButBatch(shape, known)) shapesThrough(this.#parts, shape);
      known = shape;
    };
    const checked = new Observable<Frame<unknown>>((inner) =>
      attach(upstream, inner, {
        next: (frame) => {
          try {
            check(frame);
          } catch (error) {
            this.#fail(frame, error);
            return;
          }
          inner.next(frame);
        },
        error: (error: unknown) => inner.error(error),
        complete: () => inner.complete(),
      }),
    );
    const frames = segments.reduce<Observable<Frame<unknown>>>(
      (before, { parts, run }) =>
        new Observable((inner) => (run ? run(before, inner) : new Run(parts, inner).start(before))),
      checked,
    );
    attach(frames, subscriber, subscriber);
  }

  #next(frame: Frame<unknown>): void {
    let output: Frame<unknown>;
    try {
      output = this.#run(frame);
    } catch (error) {
      this.#fail(frame, error);
      return;
    }
    emit(output, this.#subscriber);
  }

  #run(frame: Frame<unknown>): Frame<unknown> {
    const { data } = frame;
    const shape = shapeOf(data, this.#names[0] ?? '');
    if (!this.#ready || !sameButBatch(shape, this.#ready)) {
      this.#ready = undefined;
      this.#build(0, shape);
      this.#ready = shape;
    }
    if (frame.trace?.closed) return frame.derive(this.#compute(0, data, undefined, frame.label));
    const [stages, method, before, marks] = [this.#names, this.#method, frame.trace, [now()]];
    const device = before?.asksDevice ? deviceTimes() : undefined;
    const value = this.#compute(0, data, marks, frame.label, device);
    const asksDevice = before?.asksDevice === true;
    return frame.derive(value, { stages, marks, method, pictures: this.#pictures, before, asksDevice, device });
  }

  /** Runs the stages from `first` on; frees what lies between them as it goes, but not the input. */
  #compute(first: number, input: unknown, marks?: number[], label?: FrameLabel, device?: DeviceTimes): unknown {
    let value = input;
    for (let i = first; i < this.#parts.length; i++) {
      if (isPicture(value)) this.#pictures = i + 1;
      const kernel = this.#built[i]?.kernel;
      let output: unknown;
      try {
        const input = value;
        output =
          device && i >= this.#pictures ? device.run(i, () => kernel?.run(input, label)) : kernel?.run(input, label);
        checkOutput(output, this.#built[i]?.output);
      } catch (cause) {
        if (output !== value) free(output);
        if (value !== input) free(value);
        throw new StageError(this.#names[i] ?? '', label ?? WARM_UP, cause);
      }
      if (value !== input && value !== output) free(value);
      value = output;
      marks?.push(now());
    }
    return value;
  }

  /** Makes the kernels from `first` on for an input shape; all shapes are checked before any weight is loaded. */
  #build(first: number, input: Shape): void {
    const shapes = shapesThrough(this.#parts.slice(first), input);
    for (let i = first; i < this.#parts.length; i++) {
      const shape = shapes[i - first] ?? input;
      const built = this.#built[i];
      if (built && sameButBatch(built.input, shape)) continue;
      built?.kernel.dispose();
      this.#built[i] = undefined;
      const kernel = this.#parts[i]?.stage.build(shape) as Kernel<unknown, unknown>;
      this.#built[i] = { input: shape, output: shapes[i - first + 1] ?? shape, kernel };
    }
  }

  /** The first run packs weights and compiles shaders: a declared input shape lets that happen before any frame waits. */
  #warmUp(): void {
    this.#method = timingMethod();
    const first = this.#parts.findIndex(({ inputShape }) => inputShape !== undefined);
    const { stage, inputShape } = this.#parts[first] ?? {};
    if (!stage || !inputShape) return;
    this.#build(first, inputShape);
    const zeros = stage.blank(inputShape);
    try {
      free(this.#compute(first, zeros));
    } finally {
      free(zeros);
    }
  }

  /** A frame that fails is the gate's to judge; a pipe that is wrong, or misused, ends at once. */
  #fail(frame: Frame<unknown>, thrown: unknown): void {
    const error =
      thrown instanceof ShapeError
        ? new ShapeError(thrown.message, { stage: thrown.stage, frame: frame.label, cause: thrown })
        : thrown;
    const ofFrame = error instanceof StageError || error instanceof ShapeError;
    if (!ofFrame || frame.lease.fail(error) === 'stop') this.#subscriber.error(error);
  }
}

/** Kernels trust the shapes they were built for and read past the end of a smaller tensor: a stage must keep its word. */
function checkOutput(output: unknown, promised: Shape | undefined): void {
  if (typeof output !== 'object' || output === null || output instanceof Promise) {
    const what = output instanceof Promise ? 'a Promise' : describeValue(output);
    throw new TypeError(`it gave ${what}, not a tensor or a picture`);
  }
  const shape = shapeOf(output, '');
  if (promised && !sameButBatch(shape, promised)) {
    throw new TypeError(`it gave ${describeShape(shape)}, but its outputShape says ${describeShape(promised)}`);
  }
}

function isPicture(data: unknown): data is Readonly<Record<'width' | 'height', unknown>> {
  return typeof data === 'object' && data !== null && 'width' in data && 'height' in data;
}

/** Tensors tell their shape; pictures count as a batch of one. */
function shapeOf(data: unknown, stage: string): Shape {
  if (typeof data === 'object' && data !== null) {
    if ('shape' in data && Array.isArray(data.shape)) return data.shape as number[];
    if (isPicture(data)) {
      const channels = 'channels' in data ? data.channels : 4;
      return [1, data.height, data.width, channels] as number[];
    }
  }
  throw new ShapeError(`${stage} needs a tensor or a picture, but ${describeValue(data)} came`, { stage });
}
