import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Observable, Subscriber } from 'rxjs';
import { EngineError, messageOf, WeightsError, type SluiceError } from '../../errors/errors.ts';
import { now } from '../../frames/clock.ts';
import { emit } from '../../frames/emit.ts';
import type { Frame } from '../../frames/frame.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';
import type { Trace } from '../../frames/trace.ts';
import { sizeOf, type Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import { unlessLost } from '../gpu.ts';
import { tellWarmUp } from '../warm-ups.ts';
import type { Batching } from './batching.ts';
import { FrameReader } from './frame-reader.ts';
import { MergedGraph } from './merged-graph.ts';
import type { SessionSettings } from './runtime.ts';
import { chooseStageTimer } from './stage-times/choose-stage-timer.ts';
import type { StageTimer } from './stage-times/stage-timer.ts';

interface TimedOutput {
  readonly value: Tensor;
  readonly trace: Trace;
}

/** One subscription to stages that run as one graph. Takes the frames through the graph, one after the other. */
export class GraphRun {
  readonly #name: string;
  readonly #reader: FrameReader;
  readonly #graph: MergedGraph;
  readonly #timer: StageTimer;
  readonly #batching: Batching;
  readonly #subscriber: Subscriber<Frame<unknown>>;
  /** Settles when the sessions are no longer in use, so that they can be released. */
  #busy: Promise<unknown> = Promise.resolve();

  /** The first of the parts may be a stage that makes numbers of pictures. */
  constructor(
    parts: readonly NamedStage[],
    settings: SessionSettings,
    subscriber: Subscriber<Frame<unknown>>,
    batching: Batching,
  ) {
    this.#reader = new FrameReader(parts);
    const { graphParts, pixels } = this.#reader;
    this.#name = nameOf(graphParts);
    this.#timer = chooseStageTimer(this.#name, graphParts, settings, pixels);
    this.#graph = new MergedGraph(this.#name, graphParts, settings, pixels, this.#timer);
    this.#batching = batching;
    this.#subscriber = subscriber;
  }

  /** Warms the graph up if its input shape is declared, then subscribes to the source. */
  start(upstream: Observable<Frame<unknown>>): void {
    const subscriber = this.#subscriber;
    const frames = new OrderedWork<unknown, TimedOutput>(
      {
        name: this.#name,
        // One graph runs at a time, on all of ONNX Runtime's threads.
        concurrency: 1,
        work: (frame) => {
          const work = unlessLost(frame.data, frame.label, () => this.#work(frame));
          this.#busy = work;
          return work;
        },
        give: (frame, { value, trace }) => emit(frame.derive(value, trace), subscriber),
        drop: ({ value }) => value.dispose(),
        ends: isOfThePipe,
      },
      subscriber,
    );
    subscriber.add(() => {
      frames.stop();
      void this.#release();
    });
    const input = this.#reader.graphParts[0]?.inputShape;
    if (!input) frames.start(upstream);
    else {
      this.#busy = this.#warmUp(input);
      this.#busy.then(
        () => frames.start(upstream),
        (error: unknown) => subscriber.error(error),
      );
    }
  }

  async #warmUp(shape: Shape): Promise<void> {
    tellWarmUp({ stage: this.#name, done: 0, total: 1 });
    await this.#graph.prepare(shape);
    try {
      const size = sizeOf(shape);
      const data = this.#reader.pixels ? new Uint8Array(size) : new Float32Array(size);
      await this.#graph.run({ data, shape }, 'together');
      this.#timer.warmedUp();
    } catch (cause) {
      throw new EngineError(`${this.#name} failed in its warm-up: ${messageOf(cause)}`, { cause });
    }
    tellWarmUp({ stage: this.#name, done: 1, total: 1 });
  }

  async #work(frame: Frame<unknown>): Promise<TimedOutput> {
    const [input, before] = this.#reader.read(frame);
    await this.#graph.prepare(input.shape);
    const start = now();
    const { data, shape, runs } = await this.#graph.run(input, this.#batching);
    const marks = [start, now()];
    this.#graph.checkOutput(shape, frame.label);
    const value = tensor(data, [...shape], 'float32');
    const asksDevice = before?.asksDevice === true;
    const trace: Trace = before?.closed
      ? before
      : { stages: [this.#name], marks, method: 'synced-wall', before, asksDevice };
    try {
      return { value, trace: await this.#timer.afterFrame({ input, runs, trace }) };
    } catch (error) {
      value.dispose();
      throw error;
    }
  }

  async #release(): Promise<void> {
    await this.#busy.catch(() => undefined);
    await this.#graph.release();
  }
}

/** For example `conv0 … softmax`. */
function nameOf(parts: readonly NamedStage[]): string {
  const [first, last] = [parts[0]?.name ?? '', parts.at(-1)?.name ?? ''];
  return parts.length > 1 ? `${first} … ${last}` : first;
}

/** Whether an error is a fault of the pipe, which ends the stream, and not of one frame. */
function isOfThePipe(error: SluiceError): boolean {
  return error instanceof WeightsError || error instanceof EngineError;
}
