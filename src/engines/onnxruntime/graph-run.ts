import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Observable, Subscriber } from 'rxjs';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { EngineError, messageOf, StageError, WeightsError, type SluiceError } from '../../errors/errors.ts';
import { emit } from '../../frames/emit.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';
import type { Frame } from '../../frames/frame.ts';
import { describeShape, sameButBatch, sizeOf, type Shape } from '../../stage/shape.ts';
import type { Part } from '../../stage/stage.ts';
import { now } from '../../frames/clock.ts';
import type { DeviceTimes, Trace } from '../../frames/trace.ts';
import { tellWarmUp } from '../warm-ups.ts';
import { unlessLost } from '../gpu.ts';
import { GraphSession, type Values } from './graph-session.ts';
import { PictureReader } from './picture-reader.ts';
import { RunProfile } from './run-profile.ts';
import type { SessionSettings } from './runtime.ts';
import { StageSessions } from './stage-sessions.ts';
import { TensorReader } from './tensor-reader.ts';

/** What is made for an input shape. */
interface Built {
  readonly input: Shape;
  readonly output: Shape;
  readonly whole: GraphSession;
  readonly apart: StageSessions;
  readonly profile: RunProfile | undefined;
}

interface Result {
  readonly value: Tensor;
  readonly trace: Trace | undefined;
}

/** One subscription to stages that run as one graph: owns the sessions, and takes the frames through one after the other. */
export class GraphRun {
  readonly #name: string;
  readonly #stages: readonly string[];
  readonly #parts: readonly Part[];
  readonly #pictures: PictureReader | undefined;
  readonly #settings: SessionSettings;
  readonly #oneByOne: boolean;
  readonly #subscriber: Subscriber<Frame<unknown>>;
  readonly #input = new TensorReader();
  /** The first frame was to go stage by stage, which is the next one's to do: making all those graphs takes a while. */
  #owed = false;
  #begun = false;
  #built: Built | undefined;
  /** What the sessions do: they are released when it is done. */
  #busy: Promise<unknown> = Promise.resolve();

  /** The first part may be one that makes numbers of pictures. `oneByOne`: the frames of a batch run one after the other. */
  constructor(
    [first, ...others]: readonly Part[],
    settings: SessionSettings,
    subscriber: Subscriber<Frame<unknown>>,
    oneByOne: boolean,
  ) {
    this.#oneByOne = oneByOne;
    this.#pictures = first && PictureReader.of(first);
    const parts = first && !this.#pictures ? [first, ...others] : others;
    this.#name = nameOf(parts);
    this.#stages = parts.map(({ name }) => name);
    this.#parts = parts;
    this.#settings = settings;
    this.#subscriber = subscriber;
  }

  /** Subscribes to the source, once what can be warmed up is warm. */
  start(upstream: Observable<Frame<unknown>>): void {
    const subscriber = this.#subscriber;
    const frames = new OrderedWork<unknown, Result>(
      {
        name: this.#name,
        // The runtime computes one graph at a time on all its threads.
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
    const input = this.#parts[0]?.inputShape;
    if (!input) frames.start(upstream);
    else {
      this.#busy = this.#warmUp(input);
      this.#busy.then(
        () => frames.start(upstream),
        (error: unknown) => subscriber.error(error),
      );
    }
  }

  async #warmUp(input: Shape): Promise<void> {
    tellWarmUp({ stage: this.#name, done: 0, total: 1 });
    const { whole, profile } = await this.#build(input);
    try {
      const size = sizeOf(input);
      await whole.run({ data: this.#pictures ? new Uint8Array(size) : new Float32Array(size), shape: input });
      profile?.ran(this.#stages);
    } catch (cause) {
      throw new EngineError(`${this.#name} failed when it was tried out: ${messageOf(cause)}`, { cause });
    }
    tellWarmUp({ stage: this.#name, done: 1, total: 1 });
  }

  async #work(frame: Frame<unknown>): Promise<Result> {
    const [values, trace] = this.#read(frame);
    const { whole, apart, profile, output } = await this.#build(values.shape);
    const marks = [now()];
    const frames = this.#oneByOne ? oneByOne(values) : [values];
    const results: Values<Float32Array>[] = [];
    for (const one of frames) results.push(await whole.run(one));
    marks.push(now());
    const value = this.#tensorOf(together(results), output, frame.label);
    const profiled = profile?.ran(this.#stages)?.map((ms) => ms * frames.length);
    if (trace?.closed) return { value, trace };
    const method = 'synced-wall';
    const asksDevice = trace?.asksDevice === true;
    const before: Trace = { stages: [this.#name], marks, method, before: trace, asksDevice };
    if (profiled) return { value, trace: this.#told(profiled, before) };
    if (!this.#isSampled(asksDevice)) return { value, trace: before };
    try {
      const [stages, run] = [this.#stages, this.#name];
      const trace = { stages, marks: await apart.times(values), method, run, before, asksDevice } as const;
      return { value, trace };
    } catch (error) {
      value.dispose();
      throw error;
    }
  }

  #read(frame: Frame<unknown>): readonly [Values, Trace | undefined] {
    const { data, trace } = frame;
    if (!this.#pictures) return [this.#input.read(data, this.#parts[0]?.name ?? ''), trace];
    const marks = [now()];
    const values = this.#pictures.read(data, frame.label);
    marks.push(now());
    if (trace?.closed) return [values, trace];
    const asksDevice = trace?.asksDevice === true;
    const stages = [this.#pictures.name];
    return [values, { stages, marks, method: 'synced-wall', pictures: 1, before: trace, asksDevice }];
  }

  /** What the runtime's profile told by now. */
  #told(ms: readonly number[], before: Trace): Trace {
    const { asksDevice = false, marks } = before;
    const at = marks.at(-1) ?? NaN;
    const stages = this.#stages;
    const device: DeviceTimes = { ms, run: (_stage, work) => work(), settle: () => Promise.resolve() };
    const none = [at, ...stages.map(() => at)];
    return { stages, marks: none, method: 'enqueue-only', run: this.#name, device, before, asksDevice };
  }

  /** The gate says which frames are to tell more than others. */
  #isSampled(asked: boolean): boolean {
    const sampled = !this.#settings.profiles && this.#parts.length > 1 && (asked || this.#owed);
    const first = !this.#begun;
    this.#begun = true;
    this.#owed = sampled && first;
    return sampled && !first;
  }

  /** Makes the graph for an input shape; another batch is the same graph. */
  async #build(input: Shape): Promise<Built> {
    if (this.#built && sameButBatch(this.#built.input, input)) return this.#built;
    const output = this.#parts.reduce((shape, { stage }) => stage.outputShape(shape), input);
    await this.#releaseBuilt();
    const profile = this.#settings.profiles && this.#parts.length > 1 ? RunProfile.begin() : undefined;
    const pixels = this.#pictures?.pixels;
    const whole = await GraphSession.create(this.#name, this.#parts, input, this.#settings, { pixels, profile });
    const apart = new StageSessions(this.#parts, input, this.#settings, pixels);
    this.#built = { input, output, whole, profile, apart };
    return this.#built;
  }

  #tensorOf({ data, shape }: Values<Float32Array>, promised: Shape, label: FrameLabel): Tensor {
    if (sameButBatch(shape, promised)) return tensor(data, [...shape], 'float32');
    const wrong = new TypeError(`it gave ${describeShape(shape)}, not ${describeShape(promised)}`);
    throw new StageError(this.#name, label, wrong);
  }

  async #release(): Promise<void> {
    await this.#busy.catch(() => undefined);
    await this.#releaseBuilt();
  }

  async #releaseBuilt(): Promise<void> {
    const built = this.#built;
    this.#built = undefined;
    if (!built) return;
    built.profile?.end();
    await Promise.all([built.whole.release(), built.apart.release()]);
  }
}

/** `conv0 … softmax`. */
function nameOf(parts: readonly Part[]): string {
  const [first, last] = [parts[0]?.name ?? '', parts.at(-1)?.name ?? ''];
  return parts.length > 1 ? `${first} … ${last}` : first;
}

/** What is wrong with the pipe ends it; the frame is not to blame. */
function isOfThePipe(error: SluiceError): boolean {
  return error instanceof WeightsError || error instanceof EngineError;
}

/** The frames of a batch, each by itself. */
function oneByOne({ data, shape: [count = 1, ...each] }: Values): Values[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    data: data.subarray(i * size, (i + 1) * size),
    shape: [1, ...each],
  }));
}

/** Frames of one shape as a batch. */
function together(frames: readonly Values<Float32Array>[]): Values<Float32Array> {
  const [first, ...others] = frames;
  if (!first || others.length === 0) return first ?? { data: new Float32Array(), shape: [] };
  const size = first.data.length;
  const data = new Float32Array(frames.length * size);
  frames.forEach((frame, i) => data.set(frame.data, i * size));
  return { data, shape: [frames.length, ...first.shape.slice(1)] };
}
