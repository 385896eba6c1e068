import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, Subject, take, type Observable, type OperatorFunction } from 'rxjs';
import { frameSource, classify, markDelivered, type Arrival, type Frame } from 'sluice';
import type { Contender } from './compare.ts';
import type { Forward } from './by-hand.ts';
import type { Subject as Model } from './networks.ts';

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

/** The loop people write: upload, compute, dispose as you go; with `read`, the scores read back and the best one found. */
export function loop(name: string, shape: readonly number[], forward: Forward, read: boolean): Contender {
  const values = pixels(shape);
  return {
    name,
    async run(frames) {
      for (let i = 0; i < frames; i++) {
        const input = tf.tensor4d(values, shape as [number, number, number, number]);
        const output = forward(input);
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
export function piped({ shape, net }: Model, read: boolean, timed = true): Contender {
  const supply = new Supply(shape);
  const delivered = new Subject<void>();
  const profile = { every: timed ? 1 : Infinity };
  const source: Observable<Frame<tf.Tensor>> = frameSource(supply, { source: 'bench', profile });
  const end = (read ? classify({ top: 1 }) : markDelivered()) as OperatorFunction<Frame<tf.Tensor>, unknown>;
  const operators = net.parts.map(
    ({ stage }) => stage as unknown as OperatorFunction<Frame<tf.Tensor>, Frame<tf.Tensor>>,
  );
  const frames = operators.reduce((from, operator) => operator(from), source);
  const subscription = end(frames).subscribe(() => delivered.next());
  return {
    name: `source.pipe(stage, stage, …)${timed ? '' : ', timing off'}`,
    async run(count) {
      const done = lastValueFrom(delivered.pipe(take(count)));
      supply.give(count);
      await done;
    },
    stop: () => subscription.unsubscribe(),
  };
}
