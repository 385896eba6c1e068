import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, Subject, take, type Observable, type OperatorFunction } from 'rxjs';
import { admit, classify, deliver, type AnyStage, type Arrival, type Frame } from 'sluice';
import type { Contender } from './compare.ts';
import type { HandWritten } from './networks.ts';

/** Frames on demand: the same numbers for everybody, uploaded anew each time. Between runs the source just waits. */
class Supply implements AsyncIterable<Arrival<tf.Tensor4D>> {
  readonly #shape: readonly number[];
  readonly #values: Float32Array;
  #left = 0;
  #timestamp = 0;
  #wake: (() => void) | undefined;

  constructor(shape: readonly number[]) {
    this.#shape = shape;
    this.#values = pixels(shape);
  }

  give(frames: number): void {
    this.#left = frames;
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival<tf.Tensor4D>> {
    const make = (): IteratorResult<Arrival<tf.Tensor4D>> => {
      this.#left--;
      const data = tf.tensor4d(this.#values, this.#shape as [number, number, number, number]);
      return { done: false, value: { data, timestamp: this.#timestamp++ } };
    };
    const waiting = () => new Promise<void>((resolve) => (this.#wake = resolve)).then(make);
    // A result that is there is given at once, as a sync iterator would; the gate takes both.
    return { next: () => (this.#left > 0 ? (make() as never) : waiting()) };
  }
}

function pixels(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
}

/** The loop people write: upload, compute, dispose as you go. */
export function handWrittenLoop(shape: readonly number[], network: HandWritten, read: boolean): Contender {
  return {
    name: 'hand-written tfjs loop',
    async run(frames) {
      const values = pixels(shape);
      for (let i = 0; i < frames; i++) {
        const input = tf.tensor4d(values, shape as [number, number, number, number]);
        const output = network(input);
        input.dispose();
        if (read) bestOf(await output.data());
        output.dispose();
      }
    },
  };
}

function bestOf(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] ?? 0) > (scores[best] ?? 0)) best = i;
  return best;
}

/** `source.pipe(stage, stage, …)`, with `classify` at the end or only delivered; subscribed to once, before it is timed. */
export function piped(shape: readonly number[], stages: readonly AnyStage[], read: boolean): Contender {
  const supply = new Supply(shape);
  const delivered = new Subject<void>();
  const source: Observable<Frame<tf.Tensor>> = admit(supply, { source: 'bench' });
  const end = (read ? classify({ top: 1 }) : deliver()) as OperatorFunction<Frame<tf.Tensor>, unknown>;
  const operators = stages as unknown as OperatorFunction<Frame<tf.Tensor>, Frame<tf.Tensor>>[];
  const subscription = end(operators.reduce((from, operator) => operator(from), source)).subscribe(() =>
    delivered.next(),
  );
  return {
    name: 'source.pipe(stage, stage, …)',
    async run(frames) {
      const done = lastValueFrom(delivered.pipe(take(frames)));
      supply.give(frames);
      await done;
    },
    stop: () => subscription.unsubscribe(),
  };
}
