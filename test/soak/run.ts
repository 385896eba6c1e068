import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, takeWhile, type Observable } from 'rxjs';
import { admit, deliver, Ledger, stage, type Arrival, type Frame } from 'sluice';

/** Where a soak stands, at each tenth of it. */
export interface SoakMark {
  readonly frames: number;
  readonly tensors: number;
  readonly rssMiB: number;
}

/** How a soak ended. */
export interface SoakResult {
  readonly ledger: Ledger;
  readonly subscriptions: number;
  /** Over the whole soak; 0 when nothing leaks. */
  readonly tensorsLeft: number;
  readonly marks: readonly SoakMark[];
}

/** Uniform numbers in [0, 1) that are the same every time (a 32-bit xorshift). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A stage of small tensors that throws on so many frames in a hundred. */
function step(n: number, faultRate: number, chance: () => number) {
  return stage<tf.Tensor1D, tf.Tensor1D>({
    spec: { op: 'step', name: `step${n}` },
    outputShape: (input) => input,
    kernel: () => (x) => {
      if (chance() < faultRate) throw new Error(`step ${n} has had enough`);
      return tf.add(x, 1);
    },
  });
}

/**
 * Sends frames through ten stages of small tensors with 1 % random faults, unsubscribing at random and subscribing
 * again, until so many frames have been produced.
 */
export async function soak(frames: number, onMark: (mark: SoakMark) => void = () => undefined): Promise<SoakResult> {
  const chance = random(20_261_123);
  const before = tf.memory().numTensors;
  const ledger = new Ledger();
  const steps = Array.from({ length: 10 }, (_, n) => step(n, 0.001, chance));
  const marks: SoakMark[] = [];
  let subscriptions = 0;
  function* arrivals(): Generator<Arrival<tf.Tensor1D>> {
    for (let i = 0; ledger.counts.produced < frames; i++) {
      if (ledger.counts.produced >= (frames * (marks.length + 1)) / 10) mark();
      yield { data: tf.tensor1d([i, i, i, i]), timestamp: i };
    }
  }
  function mark(): void {
    globalThis.gc?.();
    const { produced } = ledger.counts;
    marks.push({
      frames: produced,
      tensors: tf.memory().numTensors - before,
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
    });
    onMark(marks.at(-1) as SoakMark);
  }
  while (ledger.counts.produced < frames) {
    subscriptions++;
    const source = admit({ [Symbol.iterator]: arrivals }, { source: 'soak', onError: 'skip', ledger });
    const run = steps.reduce<Observable<Frame<tf.Tensor1D>>>((stream, one) => one(stream), source);
    const ended = run.pipe(
      deliver(),
      takeWhile(() => chance() > 0.0005),
    );
    await lastValueFrom(ended, { defaultValue: undefined });
    // A turn of the event loop, as any program has: what is due after the unsubscription happens.
    await new Promise((resolve) => setImmediate(resolve));
  }
  mark();
  return { ledger, subscriptions, tensorsLeft: tf.memory().numTensors - before, marks };
}
