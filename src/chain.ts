import { Observable, type Subscriber } from 'rxjs';
import * as tf from '@tensorflow/tfjs-core';
import { timingMethod, useEngine } from './engines/engine.ts';
import { OptionError, ShapeError, StageError, type FrameLabel } from './errors.ts';
import { free, type Frame } from './frame.ts';
import { sameButBatch, type Shape } from './shape.ts';
import type { Kernel, Part } from './stage.ts';
import type { TimingMethod } from './timing/passport.ts';

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
    super((subscriber) => new Run(parts, subscriber as Subscriber<Frame<unknown>>).start(upstream));
    this.upstream = upstream;
    this.parts = parts;
  }
}

/** @internal Appends stages to a stream of frames. */
export function chain<O>(source: Observable<Frame<unknown>>, parts: readonly Part[]): Observable<Frame<O>> {
  if (source instanceof Chain) return new Chain<O>(source.upstream, [...source.parts, ...parts]);
  return new Chain<O>(source, parts);
}

/** @internal `conv2d`, `conv2d_1`, `conv2d_2` …: every name once, in order. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 1; taken.has(unique); n++) unique = `${name}_${n}`;
    taken.add(unique);
    return unique;
  });
}

interface Built {
  readonly input: Shape;
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

  constructor(parts: readonly Part[], subscriber: Subscriber<Frame<unknown>>) {
    this.#parts = parts;
    this.#names = uniqueNames(parts.map(({ name }) => name));
    this.#subscriber = subscriber;
  }

  /** Subscribes to the source once there is an engine and what can be warmed up is warm. Returns the teardown. */
  start(upstream: Observable<Frame<unknown>>): () => void {
    const subscriber = this.#subscriber;
    const begin = () => {
      if (subscriber.closed) return;
      try {
        this.#warmUp();
      } catch (error) {
        subscriber.error(error);
        return;
      }
      subscriber.add(
        upstream.subscribe({
          next: (frame) => this.#next(frame),
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    };
    if (tf.getBackend()) begin();
    else useEngine('auto').then(begin, (error: unknown) => subscriber.error(error));
    return () => this.#built.forEach((built) => built?.kernel.dispose());
  }

  #next(frame: Frame<unknown>): void {
    if (this.#subscriber.closed) return;
    let output: Frame<unknown> | undefined;
    try {
      output = this.#run(frame);
    } catch (error) {
      this.#fail(frame, error);
      return;
    }
    try {
      this.#subscriber.next(output);
    } finally {
      output.release();
    }
  }

  #run(frame: Frame<unknown>): Frame<unknown> {
    const { data } = frame;
    const shape = shapeOf(data, this.#names[0] ?? '');
    if (!this.#ready || !sameButBatch(shape, this.#ready)) {
      this.#build(0, shape);
      this.#ready = shape;
    }
    const marks = [performance.now()];
    const value = this.#compute(0, data, marks, frame.label);
    return frame.derive(value, { stages: this.#names, marks, method: this.#method, before: frame.trace });
  }

  /** Runs the stages from `first` on; frees what lies between them as it goes, but not the input. */
  #compute(first: number, input: unknown, marks: number[], label: FrameLabel): unknown {
    let value = input;
    for (let i = first; i < this.#parts.length; i++) {
      let output: unknown;
      try {
        output = this.#built[i]?.kernel.run(value);
      } catch (cause) {
        if (value !== input) free(value);
        throw new StageError(this.#names[i] ?? '', label, cause);
      }
      if (value !== input && value !== output) free(value);
      value = output;
      marks.push(performance.now());
    }
    return value;
  }

  /** Makes the kernels from `first` on for an input shape; all shapes are checked before any weight is loaded. */
  #build(first: number, input: Shape): void {
    const shapes = [input];
    for (const { stage } of this.#parts.slice(first)) shapes.push(stage.outputShape(shapes.at(-1) ?? input));
    for (let i = first; i < this.#parts.length; i++) {
      const shape = shapes[i - first] ?? input;
      const built = this.#built[i];
      if (built && sameButBatch(built.input, shape)) continue;
      built?.kernel.dispose();
      this.#built[i] = undefined;
      const kernel = this.#parts[i]?.stage.build(shape) as Kernel<unknown, unknown>;
      this.#built[i] = { input: shape, kernel };
    }
  }

  /** The first run packs weights and compiles shaders: a declared input shape lets that happen before any frame waits. */
  #warmUp(): void {
    this.#method = timingMethod();
    const first = this.#parts.findIndex(({ inputShape }) => inputShape !== undefined);
    const shape = this.#parts[first]?.inputShape;
    if (!shape) return;
    this.#build(first, shape);
    const zeros = tf.zeros([...shape]);
    try {
      free(this.#compute(first, zeros, [], { source: 'warm-up', seq: 0, timestamp: 0 }));
    } finally {
      zeros.dispose();
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

/** Tensors tell their shape; pictures count as a batch of one. */
function shapeOf(data: unknown, stage: string): Shape {
  if (typeof data === 'object' && data !== null) {
    if ('shape' in data && Array.isArray(data.shape)) return data.shape as number[];
    if ('width' in data && 'height' in data) {
      const channels = 'channels' in data ? data.channels : 4;
      return [1, data.height, data.width, channels] as number[];
    }
  }
  throw new OptionError(`${stage} takes frames of tensors or pictures, not of ${data === null ? 'null' : typeof data}`, {
    stage,
  });
}
