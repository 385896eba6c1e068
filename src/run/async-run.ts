import type { Observable, Subscriber } from 'rxjs';
import * as tf from '@tensorflow/tfjs-core';
import { engineReady } from '../engines/engine.ts';
import type { RunStages } from '../engines/graph-engine.ts';
import { unlessLost } from '../engines/gpu.ts';
import { tellWarmUp } from '../engines/warm-ups.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import { EngineError, type SluiceError, StageError, WeightsError } from '../errors/errors.ts';
import { now } from '../frames/clock.ts';
import { emit } from '../frames/emit.ts';
import type { Frame } from '../frames/frame.ts';
import { free } from '../frames/free.ts';
import { OrderedWork } from '../frames/ordered-work.ts';
import type { Trace } from '../frames/trace.ts';
import { sameButBatch, type Shape } from '../stage/shape.ts';
import { shapeOf } from '../stage/shapes-through.ts';
import type { Asynchronous, AsyncKernel, NamedStage } from '../stage/stage.ts';
import { checkOutput, WARM_UP } from './kernels.ts';
import { viewAfter } from '../stage/view-after.ts';

interface Output {
  readonly value: unknown;
  readonly trace: Trace;
}

/** A computation for one input shape on one backend, and how many frames it computes at the moment. */
interface Begun {
  readonly kernel: AsyncKernel<unknown, unknown>;
  readonly input: Shape;
  /** A backend that starts again is another one. */
  readonly backend: unknown;
  users: number;
  /** Whether no more frames will come to it. */
  left: boolean;
}

/** One subscription to an asynchronous stage. Frames leave it in the order in which they came. */
class AsyncRun {
  readonly #part: NamedStage;
  readonly #settings: Asynchronous;
  readonly #subscriber: Subscriber<Frame<unknown>>;
  #begun: Begun | undefined;

  constructor(part: NamedStage, settings: Asynchronous, subscriber: Subscriber<Frame<unknown>>) {
    this.#part = part;
    this.#settings = settings;
    this.#subscriber = subscriber;
  }

  /** Warms the stage up if its input shape is declared, then subscribes to the source. */
  start(upstream: Observable<Frame<unknown>>): void {
    const subscriber = this.#subscriber;
    const frames = new OrderedWork<unknown, Output>(
      {
        name: this.#part.name,
        concurrency: this.#settings.inFlight,
        work: (frame) => unlessLost(frame.data, frame.label, () => this.#work(frame)),
        give: (frame, { value, trace }) => emit(frame.derive(value, trace, viewAfter([this.#part], frame)), subscriber),
        drop: ({ value }) => free(value),
        ends: isOfThePipe,
      },
      subscriber,
    );
    subscriber.add(() => {
      frames.stop();
      this.#leave();
    });
    this.#warmUp().then(
      () => frames.start(upstream),
      (error: unknown) => subscriber.error(error),
    );
  }

  async #warmUp(): Promise<void> {
    await engineReady();
    const { name, stage, inputShape } = this.#part;
    if (!inputShape || this.#subscriber.closed) return;
    tellWarmUp({ stage: name, done: 0, total: 1 });
    const zeros = stage.blank(inputShape);
    try {
      free(await this.#compute(zeros));
    } catch (cause) {
      throw isOfThePipe(cause) ? cause : new StageError(name, WARM_UP, cause);
    } finally {
      free(zeros);
    }
    tellWarmUp({ stage: name, done: 1, total: 1 });
  }

  async #work(frame: Frame<unknown>): Promise<Output> {
    const { data, label, trace: before } = frame;
    const start = now();
    const value = await this.#compute(data, label);
    const marks = [start, now()];
    const asksDevice = before?.asksDevice === true;
    if (before?.closed) return { value, trace: before };
    return { value, trace: { stages: [this.#part.name], marks, method: 'synced-wall', before, asksDevice } };
  }

  /** Computes the output of one input. */
  async #compute(input: unknown, label?: FrameLabel): Promise<unknown> {
    const shape = shapeOf(input, this.#part.name);
    const begun = this.#begin(shape);
    begun.users++;
    let output: unknown;
    try {
      output = await begun.kernel.run(input, label);
      const { stage } = this.#part;
      checkOutput(output, this.#settings.variesInShape ? undefined : stage.outputShape(shape));
      return output;
    } catch (error) {
      if (output !== input) free(output);
      throw error;
    } finally {
      begun.users--;
      end(begun);
    }
  }

  /** The computation for this shape. One for another shape ends when its frames are computed. */
  #begin(input: Shape): Begun {
    const backend: unknown = tf.backend();
    const begun = this.#begun;
    if (begun && begun.backend === backend && sameButBatch(begun.input, input)) return begun;
    this.#leave();
    const kernel = this.#settings.begin(input) as AsyncKernel<unknown, unknown>;
    return (this.#begun = { kernel, input, backend, users: 0, left: false });
  }

  #leave(): void {
    const begun = this.#begun;
    this.#begun = undefined;
    if (!begun) return;
    begun.left = true;
    end(begun);
  }
}

/** Frees a computation that nobody needs any more. */
function end({ left, users, kernel }: Begun): void {
  if (left && users === 0) kernel.dispose();
}

/** Whether an error is a fault of the pipe, which ends the stream, and not of one frame. */
function isOfThePipe(error: unknown): error is SluiceError {
  return error instanceof WeightsError || error instanceof EngineError;
}

/** @internal Runs one asynchronous stage on frames until the subscriber unsubscribes. */
export const runAsync: RunStages = ([part], frames, subscriber) => {
  const settings = part?.stage.asynchronous;
  if (part && settings) new AsyncRun(part, settings, subscriber).start(frames);
};
