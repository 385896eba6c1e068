import * as tf from '@tensorflow/tfjs-core';
import { filter, map, take, toArray, type Observable } from 'rxjs';
import {
  activation,
  frameSource,
  batch,
  classify,
  conv2d,
  markDelivered,
  dense,
  flatten,
  maxPool,
  OptionError,
  pipeline,
  resize,
  ShapeError,
  softmax,
  stage,
  tapActivations,
  toTensor,
  unbatch,
  useEngine,
  type Activations,
  type Arrival,
  type Frame,
  type Stage,
  type Tapped,
} from 'sluice';
import { inVirtualTime } from 'sluice/testing';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, double, frames, valueOf } from '../../support/frames.ts';

beforeAll(() => useEngine('wasm'));

const SHAPE = [1, 8, 8, 2] as const;
const picture = (k: number): tf.Tensor4D => tf.randomUniform<tf.Rank.R4>([...SHAPE], -1, 1, 'float32', k + 1);
const pictures = (count: number) =>
  frameSource(
    Array.from({ length: count }, (_, k): Arrival<tf.Tensor4D> => ({ data: picture(k), timestamp: k })),
    { source: 'test' },
  );

const net = pipeline(
  { name: 'net' },
  conv2d({ filters: 3, kernelSize: 3, seed: 1, name: 'first' }),
  activation('relu'),
  maxPool({ poolSize: 2 }),
  conv2d({ filters: 2, kernelSize: 2, seed: 2 }),
  flatten(),
  dense({ units: 4, seed: 3 }),
  softmax(),
);

/** What a stage of the network gives for a picture, computed by hand: stage after stage, no streams. */
function computed(name: string, k: number): { shape: number[]; values: number[] } {
  return tf.tidy(() => {
    let x: tf.Tensor = picture(k);
    for (const part of net.parts) {
      const kernel = part.stage.build(x.shape);
      x = kernel.run(x as never) as tf.Tensor;
      kernel.dispose();
      if (part.name === name) break;
    }
    return { shape: x.shape, values: Array.from(x.dataSync()) };
  });
}

/** Everything a tap tells while a pipe runs to its end. */
async function told<T>(tapped: { readonly activations: Observable<Activations> }, pipe: () => Promise<T>) {
  const all: Activations[] = [];
  const subscription = tapped.activations.subscribe((one) => all.push(one));
  const result = await pipe();
  await idle();
  subscription.unsubscribe();
  return { all, result };
}

/** Waits for each frame's readback: then none is passed over. */
const unhurried = <T>(count: number, data: (k: number) => T) =>
  frameSource(
    (async function* (): AsyncGenerator<Arrival<T>> {
      for (let k = 0; k < count; k++) {
        await idle();
        yield { data: data(k), timestamp: k };
      }
    })(),
    { source: 'test', maxInFlight: 1 },
  );

describe('tapActivations', () => {
  it.each(net.parts.map(({ name }) => name))('tells what %s gives, as computed directly', async (name) => {
    await leakFree(async () => {
      const tapped = tapActivations(net, { at: name });
      const { all } = await told(tapped, () => run(unhurried(3, picture).pipe(tapped, classify())));
      expect(all.map(({ label, stage: at }) => [label.seq, at])).toEqual([0, 1, 2].map((k) => [k, name]));
      for (const { label, shape, values } of all) {
        expect({ shape, values: Array.from(values) }).toEqual(computed(name, label.seq));
      }
    });
  });

  it('of a single stage; without a name of the last', async () => {
    await leakFree(async () => {
      const tapped: readonly [string, Tapped<Stage<tf.Tensor4D, tf.Tensor>>][] = [
        ['first', tapActivations(conv2d({ filters: 3, kernelSize: 3, seed: 1, name: 'first' }))],
        ['softmax', tapActivations(net)],
      ];
      for (const [name, one] of tapped) {
        const { all } = await told(one, () => run(unhurried(1, picture).pipe(one)));
        expect(all.map(({ values }) => Array.from(values))).toEqual([computed(name, 0).values]);
      }
    });
  });

  it('any layer of MobileNet, two at a time', async () => {
    const { pipeline: mobilenet } = await mobilenetV1();
    await leakFree(async () => {
      const early = tapActivations(mobilenet, { at: 'depthwise1' });
      const both = tapActivations(early, { at: 'pointwise13' });
      const all: Activations[] = [];
      for (const { activations } of [early, both]) activations.subscribe((one) => all.push(one));
      const data = tf.randomUniform<tf.Rank.R4>([1, 224, 224, 3], -1, 1, 'float32', 1);
      await run(frameSource([{ data, timestamp: 0 }], { source: 'test' }).pipe(both, classify()));
      await vi.waitFor(() => expect(all).toHaveLength(2));
      const shapes = new Map(mobilenet.summary().rows.map((row) => [row.stage, row.outputShape]));
      expect(all.map((one) => one.stage).toSorted()).toEqual(['depthwise1', 'pointwise13']);
      for (const { stage: name, shape, values } of all) {
        expect(shape).toEqual(shapes.get(name));
        expect(values).toHaveLength(shape.reduce((x, y) => x * y));
        // They end in relu6.
        expect(Array.from(values).every((value) => value >= 0 && value <= 6)).toBe(true);
      }
    });
  });

  it('one frame in so many', async () => {
    const tapped = tapActivations(double(), { every: 3 });
    const { all } = await told(tapped, () => run(unhurried(8, (k) => arrival(k).data).pipe(tapped)));
    expect(all.map(({ label }) => label.seq)).toEqual([0, 3, 6]);
  });

  it('counts the frames that come so far, so that what is dropped in step hides nothing', async () => {
    const tapped = tapActivations(double(), { every: 2 });
    const odd = unhurried(8, (k) => arrival(k).data).pipe(filter(({ label }) => label.seq % 2 === 1));
    const { all } = await told(tapped, () => run(odd.pipe(tapped)));
    expect(all.map(({ label }) => label.seq)).toEqual([1, 5]);
  });
});

describe('the stream does not notice', () => {
  /** A stage whose output takes as long to read as the test says. */
  function slowToRead() {
    const reads: (() => void)[] = [];
    let begun = 0;
    const made = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'slow' },
      outputShape: (shape) => shape,
      kernel: () => (x) => tf.mul<tf.Tensor4D>(x, 3),
    });
    const spy = vi.spyOn(tf.Tensor.prototype, 'data').mockImplementation(async function (this: tf.Tensor) {
      begun++;
      await new Promise<void>((resolve) => reads.push(resolve));
      return this.dataSync();
    });
    return { made, reads, begun: () => begun, restore: () => spy.mockRestore() };
  }

  it('one readback at a time: what comes during it is passed over, and goes on at once', async () => {
    const slow = slowToRead();
    try {
      await leakFree(async () => {
        const tapped = tapActivations(slow.made);
        const seen: Activations[] = [];
        tapped.activations.subscribe((a) => seen.push(a));
        const source = frames(5);
        const { values } = await run(source.pipe(tapped, markDelivered(), map(valueOf)));
        expect(values).toEqual([0, 3, 6, 9, 12]);
        expect(closedAccount(source)).toMatchObject({ delivered: 5 });
        expect([slow.begun(), seen.length]).toEqual([1, 0]);
        slow.reads.forEach((finish) => finish());
        await idle();
        expect(seen.map(({ label, values: read }) => [label.seq, read[0]])).toEqual([[0, 0]]);
      });
    } finally {
      slow.restore();
    }
  });

  it('nothing is read while nobody listens', async () => {
    const slow = slowToRead();
    try {
      await leakFree(async () => {
        const tapped = tapActivations(slow.made);
        await run(frames(3).pipe(tapped));
        const subscription = tapped.activations.subscribe();
        subscription.unsubscribe();
        await run(frames(3).pipe(tapped));
        expect(slow.begun()).toBe(0);
      });
    } finally {
      slow.restore();
    }
  });

  it('leaving in the middle of a readback leaves nothing behind, and what was read is told', async () => {
    const slow = slowToRead();
    try {
      await leakFree(async () => {
        const tapped = tapActivations(slow.made);
        const seen: Activations[] = [];
        tapped.activations.subscribe((a) => seen.push(a));
        await run(frames(3).pipe(tapped, take(1)));
        expect(slow.begun()).toBe(1);
        slow.reads.forEach((finish) => finish());
        await idle();
        expect(seen).toHaveLength(1);
      });
    } finally {
      slow.restore();
    }
  });

  it('what listens to it may fail, or leave half-way', async () => {
    await leakFree(async () => {
      const tapped = tapActivations(double());
      const { all } = await told({ activations: tapped.activations.pipe(take(1)) }, () =>
        run(unhurried(3, (k) => arrival(k).data).pipe(tapped, markDelivered())),
      );
      expect(all).toHaveLength(1);
    });
  });

  it('a readback that fails ends what is told, not the stream', async () => {
    const spy = vi.spyOn(tf.Tensor.prototype, 'data').mockRejectedValue(new Error('device lost'));
    try {
      await leakFree(async () => {
        const tapped = tapActivations(double());
        const errors: unknown[] = [];
        tapped.activations.subscribe({ error: (error: unknown) => errors.push(error) });
        const { values, completed } = await run(
          unhurried(3, (k) => arrival(k).data).pipe(tapped, markDelivered(), map(valueOf)),
        );
        expect([values, completed]).toEqual([[0, 2, 4], true]);
        await idle();
        expect(errors).toEqual([new Error('device lost')]);
      });
    } finally {
      spy.mockRestore();
    }
  });

  it('a stage that gives no tensor says so to those who listen', async () => {
    const tapped = tapActivations(resize({ width: 2, height: 2 }));
    const errors: unknown[] = [];
    tapped.activations.subscribe({ error: (error: unknown) => errors.push(error) });
    const data = { data: new Uint8Array(48), width: 4, height: 4, channels: 3 as const };
    const { completed } = await run(frameSource([{ data, timestamp: 0 }], { source: 'test' }).pipe(tapped, toTensor()));
    expect(completed).toBe(true);
    await idle();
    expect(errors).toEqual([expect.any(ShapeError)]);
    expect(String(errors[0])).toMatch(/resize gives an object, not a tensor/);
  });

  it('the warm-up is not told', async () => {
    await leakFree(async () => {
      const tapped = tapActivations(pipeline({ inputShape: SHAPE }, conv2d({ filters: 1, kernelSize: 3, seed: 1 })));
      const { all } = await told(tapped, () => run(pictures(0).pipe(tapped)));
      expect(all).toEqual([]);
    });
  });

  it('two subscribers to the stream, two to what is told', async () => {
    await leakFree(async () => {
      const tapped = tapActivations(double());
      const counts = [0, 0];
      tapped.activations.subscribe(() => counts[0]!++);
      tapped.activations.subscribe(() => counts[1]!++);
      const stream = unhurried(2, (k) => arrival(k).data);
      await run(stream.pipe(tapped));
      await run(frames(1).pipe(tapped));
      await idle();
      expect(counts).toEqual([3, 3]);
    });
  });
});

describe('a tapped stage is a stage', () => {
  const conv = () => conv2d({ filters: 3, kernelSize: 3, seed: 1 });

  it('has the name, the spec, the shapes and the summary of the network', () => {
    const tapped = tapActivations(net, { at: 'first' });
    expect(tapped.name).toBe('net');
    expect(tapped.spec).toEqual(net.spec);
    expect(tapped.outputShape(SHAPE)).toEqual(net.outputShape(SHAPE));
    expect(tapped.parameterCount(SHAPE)).toBe(net.parameterCount(SHAPE));
    expect(tapped.summary(SHAPE)).toEqual(net.summary(SHAPE));
    expect(tapped.parts.map(({ name }) => name)).toEqual(net.parts.map(({ name }) => name));
  });

  it('gives the numbers of the stage itself', async () => {
    await leakFree(async () => {
      const read = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
      const plain = await run(pictures(3).pipe(net, read));
      const tapped = await run(pictures(3).pipe(tapActivations(net, { at: 'first' }), read));
      expect(tapped.values).toEqual(plain.values);
    });
  });

  type Tensors = Stage<tf.Tensor4D, tf.Tensor>;
  it.each<[string, (tapped: Stage<tf.Tensor4D, tf.Tensor4D>) => Tensors, string]>([
    ['in a pipeline', (tapped) => pipeline(tapped, flatten()), 'conv2d'],
    [
      'as the second of its name there',
      (tapped) => pipeline(conv2d({ filters: 2, kernelSize: 1, seed: 5 }), tapped),
      'conv2d_1',
    ],
    ['in a pipeline of pipelines', (tapped) => pipeline(pipeline(tapped), pipeline(flatten())), 'conv2d'],
    ['renamed', (tapped) => tapped.named('other'), 'other'],
    ['given weights', (tapped) => tapped.withWeights({ bias: [5, 5, 5] }), 'conv2d'],
    [
      'in a pipeline that is given weights',
      (tapped) => pipeline(tapped, flatten()).withWeights({ 'conv2d/bias': [5, 5, 5] }),
      'conv2d',
    ],
    ['tapped again', (tapped) => tapActivations(tapped), 'conv2d'],
  ])('%s it still tells', async (_, use, name) => {
    await leakFree(async () => {
      const tapped = tapActivations(conv());
      const used = use(tapped);
      const { all } = await told(tapped, () => run(unhurried(1, picture).pipe(used)));
      expect(all.map(({ stage: at }) => at)).toEqual([name]);
    });
  });

  it('with new weights it tells the new values', async () => {
    await leakFree(async () => {
      const tapped = tapActivations(pipeline(conv2d({ filters: 1, kernelSize: 1, name: 'c' })));
      const loaded = tapped.withWeights({ 'c/kernel': [[[[10], [10]]]], 'c/bias': [1] });
      const ones = (): tf.Tensor4D => tf.ones([1, 1, 1, 2]);
      const { all } = await told(tapped, () => run(unhurried(1, ones).pipe(loaded)));
      expect(all.map(({ values }) => Array.from(values))).toEqual([[21]]);
    });
  });

  it('in a batch it tells the whole batch, under the first label', async () => {
    await leakFree(async () => {
      const tapped = tapActivations(double());
      const { all } = await told(tapped, () =>
        run(frames(3, { maxInFlight: 3 }).pipe(batch({ size: 3 }), tapped, unbatch(), toArray())),
      );
      expect(all.map(({ label, shape, values }) => [label.seq, shape, Array.from(values)])).toEqual([
        [0, [3, 1, 1, 2], [0, 0, 2, 2, 4, 4]],
      ]);
    });
  });

  it('on virtual time it works as well', async () => {
    await leakFree(async () => {
      const tapped = tapActivations(double());
      const { all } = await told(tapped, () => inVirtualTime(() => run(frames(1).pipe(tapped))));
      expect(all).toHaveLength(1);
    });
  });
});

it.each<[string, () => unknown, RegExp]>([
  [
    'a stage there is not',
    () => tapActivations(net, { at: 'conv' }),
    /net has no stage "conv"; it has first, activation, .*softmax/,
  ],
  ['a stage by number', () => tapActivations(net, { at: 0 as never }), /net has no stage 0/],
  ['every 0', () => tapActivations(net, { every: 0 }), /every must be a whole number of at least 1, not 0/],
  ['every 1.5', () => tapActivations(net, { every: 1.5 }), /not 1.5/],
  ['no stage', () => tapActivations(undefined as never), /tapActivations takes a stage, not undefined/],
  ['an operator that is none', () => tapActivations(map((x) => x) as never), /takes a stage, not a function/],
])('refuses %s at once', (_, make, message) => {
  expect(make).toThrow(OptionError);
  expect(make).toThrow(message);
});
