import type * as tf from '@tensorflow/tfjs-core';
import * as onnxruntime from 'onnxruntime-node';
import { map } from 'rxjs';
import {
  frameSource,
  conv2d,
  markDelivered,
  normalize,
  pipeline,
  preprocess,
  resize,
  toTensor,
  useEngine,
  type Frame,
  type Pixels,
  type PreprocessOptions,
  type Stage,
} from 'sluice';
import { beforeEach, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../support/balance.ts';

/** ONNX Runtime itself, with the kinds of numbers it is given noted. */
const given: string[] = [];
const runtime = {
  InferenceSession: onnxruntime.InferenceSession,
  Tensor: new Proxy(onnxruntime.Tensor, {
    construct(Tensor, inputs: ConstructorParameters<typeof onnxruntime.Tensor>) {
      given.push(String(inputs[0]));
      return new Tensor(...inputs);
    },
  }),
};

beforeEach(async () => {
  await useEngine('onnxruntime', { runtime, threads: 1 });
  given.length = 0;
});

type Numbers = Stage<Pixels, tf.Tensor4D>;

/** A picture in which no two neighbours are alike. */
function picture(width: number, height: number, channels: 3 | 4, Bytes = Uint8Array): Pixels {
  const data = Bytes.from({ length: width * height * channels }, (_, i) => (i * 7919 + (i % channels) * 31) % 256);
  return { width, height, channels, data };
}

const net = (channels = 3) =>
  pipeline({ inputShape: [1, 8, 8, channels] }, conv2d({ filters: 4, kernelSize: 3, seed: 1, padding: 'same' }));

async function numbersOf(pictures: readonly Pixels[], prepared: Numbers, channels?: number): Promise<number[][]> {
  const source = frameSource(
    pictures.map((data, timestamp) => ({ data, timestamp })),
    { source: 'pictures' },
  );
  const read = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
  const { values, error } = await leakFree(() => run(source.pipe(prepared, net(channels), read)));
  expect(error).toBeUndefined();
  return values;
}

const SIZE = { width: 8, height: 8 };
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

describe('a picture goes into the graph as its bytes', () => {
  it.each<[string, PreprocessOptions]>([
    ['a range', { ...SIZE, range: [-1, 1] }],
    ['one mean', { ...SIZE, mean: 0.5, std: 0.25 }],
    ['a mean per channel', { ...SIZE, ...IMAGENET }],
    ['bars', { ...SIZE, fit: 'contain', range: [0, 1] }],
  ])('%s: the numbers are tfjs’s, within 1e-5', async (_name, options) => {
    const pictures = [
      picture(8, 8, 3),
      picture(24, 10, 3),
      picture(8, 8, 4),
      picture(5, 9, 4, Uint8ClampedArray as never),
    ];
    const here = await numbersOf(pictures, preprocess(options));
    expect(new Set(given)).toEqual(new Set(['uint8']));
    await useEngine('wasm');
    const there = await numbersOf(pictures, preprocess(options));
    expect(here.length).toBe(4);
    here.flat().forEach((value, i) => expect(Math.abs(value - (there.flat()[i] ?? NaN))).toBeLessThan(1e-5));
    expect(here[0]).not.toEqual(here[1]);
  });

  it('so it does from toTensor, with what comes before and after it', async () => {
    const prepared = [resize(SIZE), toTensor(), normalize(IMAGENET)] as const;
    const all = () => pipeline(...prepared) as unknown as Numbers;
    const here = await numbersOf([picture(20, 11, 4)], all());
    expect(new Set(given)).toEqual(new Set(['uint8']));
    await useEngine('wasm');
    const there = await numbersOf([picture(20, 11, 4)], all());
    here.flat().forEach((value, i) => expect(value).toBeCloseTo(there.flat()[i] ?? NaN, 4));
  });

  it('a part of a larger memory is that part', async () => {
    const whole = new Uint8Array(1000).fill(255);
    const part = { ...picture(8, 8, 3) };
    whole.set(part.data, 101);
    const [first, second] = await numbersOf(
      [part, { ...part, data: whole.subarray(101, 101 + 192) }],
      preprocess({ ...SIZE, range: [-1, 1] }),
    );
    expect(second).toEqual(first);
  });

  it('grey is tfjs’s to make', async () => {
    const [grey] = await numbersOf([picture(8, 8, 3)], preprocess({ ...SIZE, channels: 1, range: [0, 1] }), 1);
    expect(new Set(given)).toEqual(new Set(['float32']));
    expect(grey?.length).toBe(8 * 8 * 4);
  });

  it('so it does where the provider has options', async () => {
    await useEngine('onnxruntime', { runtime, executionProviders: [{ name: 'cpu' }] });
    given.length = 0;
    await numbersOf([picture(8, 8, 3)], preprocess({ ...SIZE, range: [0, 1] }));
    expect(new Set(given)).toEqual(new Set(['uint8']));
  });

  it('preprocess has its own time, and is not one of the stages that are run one by one', async () => {
    const pictures = [0, 1, 2].map((timestamp) => ({ data: picture(30, 30, 3), timestamp }));
    const source = frameSource(pictures, { source: 'pictures', profile: { every: 1, deviceEvery: 1 } });
    const two = pipeline(net() as never, conv2d({ name: 'last', filters: 2, kernelSize: 1, seed: 2 }) as never);
    const traces = map((frame: Frame<tf.Tensor>) => frame.timings);
    const { values } = await run(source.pipe(preprocess({ ...SIZE, range: [0, 1] }), two as never, traces as never));
    const stages = (values as Frame<tf.Tensor>['timings'][]).map((trace) => trace.map(({ stage }) => stage));
    expect(stages[0]).toEqual(['preprocess', 'conv2d … last']);
    expect(stages[2]).toEqual(['preprocess', 'conv2d … last', 'conv2d', 'last']);
  });
});

describe('a picture that is none', () => {
  const broken: readonly [string, unknown, RegExp][] = [
    ['too few bytes', { ...picture(8, 8, 3), data: new Uint8Array(5) }, /8×8 with 3 channels must have .*but has 5/],
    ['no size', { ...picture(8, 8, 3), width: 0, data: new Uint8Array(0) }, /got \[1, 8, 0, 3\]/],
    ['five channels', { ...picture(8, 8, 3), channels: 5 }, /3 or 4 channels/],
    ['a text', 'picture', /needs a tensor or a picture/],
  ];

  it.each(broken)('%s: its frame fails, by name, and the others come', async (_name, data, message) => {
    const all = [picture(8, 8, 3), data as Pixels, picture(8, 8, 3)].map((each, timestamp) => ({
      data: each,
      timestamp,
    }));
    const source = frameSource(all, { source: 'pictures', onError: 'skip' });
    const failures: unknown[] = [];
    source.failures.subscribe(({ error }) => failures.push(error));
    const { values } = await leakFree(() =>
      run(source.pipe(preprocess({ ...SIZE, range: [0, 1] }), net(), markDelivered())),
    );
    await idle();
    expect(values.length).toBe(2);
    expect(failures).toEqual([
      expect.objectContaining({ stage: 'preprocess', frame: expect.objectContaining({ seq: 1 }) }),
    ]);
    expect((failures[0] as Error).message).toMatch(message);
    expect(closedAccount(source)).toMatchObject({ produced: 3, delivered: 2, failed: 1 });
  });
});
