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
import { viewAfter } from '../../stage/view-after.ts';
import { unlessLost } from '../gpu.ts';
import { tellWarmUp } from '../warm-ups.ts';
import type { Batching } from './batching.ts';
import { FrameReader } from './frame-reader.ts';
import type { GraphDefinition } from './loaded-graph.ts';
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
  readonly #parts: readonly NamedStage[];
  readonly #definition: GraphDefinition;
  readonly #reader: FrameReader;
  readonly #graph: MergedGraph;
  readonly #timer: StageTimer;
  readonly #batching: Batching;
  readonly #subscriber: Subscriber<Frame<unknown>>;

  /** The first of the parts may be a stage that makes numbers of pictures. */
  constructor(
    parts: readonly NamedStage[],
    settings: SessionSettings,
    subscriber: Subscriber<Frame<unknown>>,
    batching: Batching,
  ) {
    this.#parts = parts;
    this.#reader = new FrameReader(parts);
    const { graphParts, pixels } = this.#reader;
    this.#definition = { name: nameOf(graphParts), parts: graphParts, settings, pixels };
    this.#timer = chooseStageTimer(this.#definition);
    this.#graph = new MergedGraph(this.#definition);
    this.#batching = batching;
    this.#subscriber = subscriber;
  }

  /** Warms the graph up if its input shape is declared, then subscribes to the source. */
  start(upstream: Observable<Frame<unknown>>): void {
    const subscriber = this.#subscriber;
    const frames = new OrderedWork<unknown, TimedOutput>(
      {
        name: this.#definition.name,
        // One graph runs at a time, on all of ONNX Runtime's threads.
        concurrency: 1,
        work: (frame) => unlessLost(frame.data, frame.label, () => this.#work(frame)),
        give: (frame, { value, trace }) => emit(frame.derive(value, trace, viewAfter(this.#parts, frame)), subscriber),
        drop: ({ value }) => value.dispose(),
        ends: isOfThePipe,
      },
      subscriber,
    );
    subscriber.add(() => {
      frames.stop();
      // The graph ends what runs at the moment before it is freed.
      this.#graph.release();
    });
    const input = this.#reader.graphParts[0]?.inputShape;
    if (!input) frames.start(upstream);
    else {
      this.#warmUp(input).then(
        () => frames.start(upstream),
        (error: unknown) => subscriber.error(error),
      );
    }
  }

  async #warmUp(shape: Shape): Promise<void> {
    if (this.#graph.isWarm(shape)) return;
    const stage = this.#definition.name;
    tellWarmUp({ stage, done: 0, total: 1 });
    const graph = await this.#graph.prepare(shape);
    try {
      await graph.inTurn(async () => {
        // Another subscription may have run it meanwhile, or this one may have ended.
        if (this.#subscriber.closed || this.#graph.isWarm(shape)) return;
        const size = sizeOf(shape);
        const data = this.#reader.pixels ? new Uint8Array(size) : new Float32Array(size);
        await graph.run({ data, shape }, 'together');
        this.#graph.ran();
      });
    } catch (cause) {
      throw new EngineError(`${stage} failed in its warm-up: ${messageOf(cause)}`, { cause });
    }
    tellWarmUp({ stage, done: 1, total: 1 });
  }

  async #work(frame: Frame<unknown>): Promise<TimedOutput> {
    const [input, before] = this.#reader.read(frame);
    const graph = await this.#graph.prepare(input.shape);
    return graph.inTurn(async () => {
      // Whoever has left while others had their turns needs no result.
      if (this.#subscriber.closed) throw new Error('unsubscribed');
      const start = now();
      const { data, shape, runs } = await graph.run(input, this.#batching);
      const marks = [start, now()];
      this.#graph.ran();
      graph.checkOutput(shape, frame.label);
      const value = tensor(data, [...shape], 'float32');
      const asksDevice = before?.asksDevice === true;
      const trace: Trace = before?.closed
        ? before
        : { stages: [this.#definition.name], marks, method: 'synced-wall', before, asksDevice };
      try {
        return { value, trace: await this.#timer.afterFrame({ graph, input, runs, trace }) };
      } catch (error) {
        value.dispose();
        throw error;
      }
    });
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
