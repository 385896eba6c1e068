import * as tf from '@tensorflow/tfjs-core';
import { from, Subject, takeUntil } from 'rxjs';
import {
  activation,
  frameSource,
  avgPool,
  classify,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  Ledger,
  maxPool,
  pipeline,
  softmax,
  stage,
  type FrameSourceOptions,
  type Arrival,
  type LedgerCounts,
  type Policy,
  type Stage,
  releaseModels,
} from 'sluice';
import { imbalance } from '../support/balance.ts';

/** What is left after a soak, and what happened in it. */
export interface Soaked {
  readonly counts: LedgerCounts;
  readonly subscriptions: number;
  /** Tensors that are there and were not before. */
  readonly tensors: number;
  /** The first state of the ledger that broke the law, if any did. */
  readonly broken: string | undefined;
  /** What ended a subscription that should not have. */
  readonly errors: readonly unknown[];
}

/**
 * Sends so many frames through ten stages of small tensors, one subscription after the other: each of a random length,
 * with another policy, left in the middle of a turn, between turns or by a timer. One frame in a hundred fails, before or
 * after the stage has allocated something; some have no time, or that of the frame before.
 */
export async function soak(
  frames: number,
  seed: number,
  progress: (done: number) => void = () => undefined,
): Promise<Soaked> {
  const random = lehmer(seed);
  await releaseModels();
  const before = tf.memory().numTensors;
  const ledger = new Ledger();
  const errors: unknown[] = [];
  let [subscriptions, broken]: [number, string | undefined] = [0, undefined];
  const net = tenStages(random);
  ledger.subscribe((counts) => {
    broken ??= imbalance(counts);
    progress(counts.produced);
  });
  while (ledger.counts.produced < frames) {
    subscriptions++;
    const count = Math.min(1 + Math.floor(random() ** 3 * 3000), frames - ledger.counts.produced);
    await pour(count, { ledger, net, random, errors });
  }
  // A readback that was under way when its subscription was left frees its tensors when it comes.
  await releaseModels();
  for (let i = 0; i < 20 && tf.memory().numTensors > before; i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return { counts: ledger.counts, subscriptions, tensors: tf.memory().numTensors - before, broken, errors };
}

const SHAPE: [number, number, number, number] = [1, 8, 8, 1];

interface Tub {
  readonly ledger: Ledger;
  readonly net: ReturnType<typeof tenStages>;
  readonly random: () => number;
  readonly errors: unknown[];
}

/** One subscription, to its end or until somebody has had enough. */
async function pour(count: number, { ledger, net, random, errors }: Tub): Promise<void> {
  const enough = new Subject<void>();
  const leaveAfter = random() < 0.5 ? Math.floor(random() * count) : Infinity;
  const how = pick(random, ['at once', 'in a microtask', 'by a timer']);
  let results = 0;
  await new Promise<void>((resolve) => {
    // Mostly read on demand; now and then a burst that nobody asked for, most of which is dropped.
    const isBurst = count < 100 && random() < 0.5;
    const shots = arrivals(count, random);
    frameSource(isBurst ? from(shots) : shots, {
      source: 'soak',
      ledger,
      onError: 'skip',
      ...optionsOf(random, isBurst),
    })
      .pipe(net, classify({ top: 1, inFlight: 1 + Math.floor(random() * 3) }), takeUntil(enough))
      .subscribe({
        next() {
          if (results++ !== leaveAfter) return;
          if (how === 'at once') enough.next();
          else if (how === 'in a microtask') queueMicrotask(() => enough.next());
          else setTimeout(() => enough.next(), 0);
        },
        error(error: unknown) {
          errors.push(error);
          resolve();
        },
        complete: resolve,
      });
  });
}

function optionsOf(random: () => number, isBurst: boolean): Partial<FrameSourceOptions> {
  const policy = pick<Policy>(random, [isBurst ? 'latest' : 'wait', { buffer: 4 }, { buffer: { bytes: 2000 } }]);
  return { policy, maxInFlight: 1 + Math.floor(random() * 4), profile: { every: pick(random, [1, 10, Infinity]) } };
}

function* arrivals(count: number, random: () => number): Generator<Arrival<tf.Tensor4D>> {
  let time = 0;
  for (let k = 0; k < count; k++) {
    const fault = random();
    if (fault >= 0.002) time += 40_000;
    yield { data: tf.tensor4d(new Float32Array(64).fill(k % 7), SHAPE), timestamp: fault < 0.001 ? NaN : time };
  }
}

function tenStages(random: () => number) {
  return pipeline(
    conv2d({ filters: 4, kernelSize: 3, padding: 'same', seed: 1 }),
    activation('relu'),
    maxPool({ poolSize: 2 }),
    depthwiseConv2d({ kernelSize: 3, padding: 'same', seed: 2 }),
    faulty(random),
    conv2d({ filters: 6, kernelSize: 3, seed: 3, activation: 'relu' }),
    avgPool({ poolSize: 2 }),
    flatten(),
    dense({ units: 5, seed: 4 }),
    softmax(),
  );
}

/** Passes on what it gets, and throws on one frame in a hundred, with nothing or something allocated. */
function faulty(random: () => number): Stage<tf.Tensor4D, tf.Tensor4D> {
  return stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'faulty' },
    outputShape: (input) => input,
    kernel: () => (x) => {
      const fault = random();
      if (fault < 0.005) throw new Error('before');
      const y = tf.add<tf.Tensor4D>(x, 0);
      if (fault < 0.01) throw new Error('after');
      return y;
    },
  });
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** The minimal standard generator of Park and Miller: the same run for the same seed. */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
