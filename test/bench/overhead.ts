import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, Subject, take, type Observable, type OperatorFunction } from 'rxjs';
import { frameSource, classify, markDelivered, type Frame } from 'sluice';
import type { Contender } from './compare.ts';
import type { Forward } from './by-hand.ts';
import type { Subject as Model } from './networks.ts';
import { Supply } from './supply.ts';

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
  const values = pixels(shape);
  const supply = new Supply(() => tf.tensor4d(values, shape as [number, number, number, number]));
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
