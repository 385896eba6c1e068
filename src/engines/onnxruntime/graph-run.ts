import { tensor, Tensor } from '@tensorflow/tfjs-core';
import type { Observable, Subscriber } from 'rxjs';
import { describeValue } from '../../describe-value.ts';
import { EngineError, ShapeError, StageError, WeightsError, type FrameLabel, type SluiceError } from '../../errors.ts';
import { emit } from '../../flow/emit.ts';
import { OrderedWork } from '../../flow/ordered-work.ts';
import type { Frame } from '../../frame.ts';
import { describeShape, sameButBatch, sizeOf, type Shape } from '../../shape.ts';
import type { Part } from '../../stage.ts';
import { now } from '../../timing/clock.ts';
import type { Trace } from '../../timing/passport.ts';
import { GraphSession, type Values } from './graph-session.ts';
import type { SessionSettings } from './runtime.ts';

interface Result {
  readonly value: Tensor;
  readonly trace: Trace | undefined;
}

/** One subscription to stages that run as one graph: owns the sessions, and takes the frames through one after the other. */
export class GraphRun {
  readonly #name: string;
  readonly #parts: readonly Part[];
  readonly #settings: SessionSettings;
  readonly #subscriber: Subscriber<Frame<unknown>>;
  /** The first frame was to go stage by stage, which is the next one's to do: making all those graphs takes a while. */
  #owed = false;
  #begun = false;
  #built: { readonly input: Shape; readonly output: Shape; readonly whole: GraphSession; apart: Apart[] } | undefined;
  /** What the sessions do: they are released when it is done. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(parts: readonly Part[], settings: SessionSettings, subscriber: Subscriber<Frame<unknown>>) {
    this.#name = nameOf(parts);
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
          const work = this.#work(frame);
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
    await this.#build(input);
    await this.#built?.whole.run({ data: new Float32Array(sizeOf(input)), shape: input });
  }

  async #work(frame: Frame<unknown>): Promise<Result> {
    const { trace } = frame;
    const values = valuesOf(frame.data, this.#parts[0]?.name ?? '');
    await this.#build(values.shape);
    const sampled = this.#isSampled(trace);
    const apart = sampled ? await this.#apart(values) : [];
    const marks = [now()];
    const result = sampled ? await oneByOne(apart, values, frame.label, marks) : await this.#built?.whole.run(values);
    if (!sampled) marks.push(now());
    const value = this.#tensorOf(result, frame);
    if (trace?.closed) return { value, trace };
    const [stages, more] = sampled ? [this.#parts.map(({ name }) => name), { run: this.#name }] : [[this.#name], {}];
    const asksDevice = trace?.asksDevice === true;
    return { value, trace: { stages, marks, method: 'synced-wall', before: trace, asksDevice, ...more } };
  }

  /** The gate says which frames are to tell more than others. */
  #isSampled(trace: Trace | undefined): boolean {
    const asked = this.#parts.length > 1 && (this.#owed || trace?.asksDevice === true);
    const now = this.#begun && trace?.closed !== true;
    this.#begun = true;
    this.#owed = asked && !now;
    return asked && now;
  }

  /** The sessions of single stages, made when they are first needed, and warm. */
  async #apart(values: Values): Promise<readonly Apart[]> {
    const built = this.#built;
    if (!built || built.apart.length === this.#parts.length) return built?.apart ?? [];
    let shape: Shape = built.input;
    let current = values;
    for (const [i, part] of this.#parts.entries()) {
      // An attempt before may have come as far as this.
      const session = built.apart[i]?.session ?? (await GraphSession.create(part.name, [part], shape, this.#settings));
      built.apart[i] = { name: part.name, session };
      shape = part.stage.outputShape(shape);
      current = await session.run(current);
    }
    return built.apart;
  }

  /** Makes the graph for an input shape; another batch is the same graph. */
  async #build(input: Shape): Promise<void> {
    if (this.#built && sameButBatch(this.#built.input, input)) return;
    const output = this.#parts.reduce((shape, { stage }) => stage.outputShape(shape), input);
    await this.#releaseBuilt();
    const whole = await GraphSession.create(this.#name, this.#parts, input, this.#settings);
    this.#built = { input, output, whole, apart: [] };
    // The subscriber left while it was made.
    if (this.#subscriber.closed) await this.#releaseBuilt();
  }

  #tensorOf(result: Values | undefined, { label }: Frame<unknown>): Tensor {
    const promised = this.#built?.output;
    if (result && promised && sameButBatch(result.shape, promised)) {
      return tensor(result.data, [...result.shape], 'float32');
    }
    const came = result ? describeShape(result.shape) : 'nothing';
    throw new StageError(this.#name, label, new TypeError(`it gave ${came}, not ${describeShape(promised ?? [])}`));
  }

  async #release(): Promise<void> {
    await this.#busy.catch(() => undefined);
    await this.#releaseBuilt();
  }

  async #releaseBuilt(): Promise<void> {
    const built = this.#built;
    this.#built = undefined;
    if (!built) return;
    await Promise.all([built.whole, ...built.apart.map(({ session }) => session)].map((session) => session.release()));
  }
}

interface Apart {
  readonly name: string;
  readonly session: GraphSession;
}

/** The same stages, each as a graph by itself. */
async function oneByOne(stages: readonly Apart[], values: Values, label: FrameLabel, marks: number[]): Promise<Values> {
  let current = values;
  for (const { name, session } of stages) {
    try {
      current = await session.run(current);
    } catch (cause) {
      throw new StageError(name, label, cause);
    }
    marks.push(now());
  }
  return current;
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

function valuesOf(data: unknown, stage: string): Values {
  if (!(data instanceof Tensor)) {
    throw new ShapeError(`${stage} needs a tensor, but ${describeValue(data)} came`, { stage });
  }
  const numbers = data.dataSync();
  return { data: numbers instanceof Float32Array ? numbers : Float32Array.from(numbers), shape: data.shape };
}
