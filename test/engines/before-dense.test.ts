import * as tf from '@tensorflow/tfjs-core';
import * as onnxruntime from 'onnxruntime-node';
import { map } from 'rxjs';
import {
  frameSource,
  batch,
  conv2d,
  dense,
  flatten,
  maxPool,
  pipeline,
  preprocess,
  reshape,
  softmax,
  unbatch,
  useEngine,
  type AnyStage,
  type Frame,
  type StageTiming,
} from 'sluice';
import { alexnetPipeline } from 'sluice/pipelines/alexnet';
import { lenet5Pipeline } from 'sluice/pipelines/lenet5';
import { mobilenetV2Pipeline } from 'sluice/pipelines/mobilenet-v2';
import { vgg16Pipeline } from 'sluice/pipelines/vgg16';
import { describe, expect, it } from 'vitest';
import { groupStages } from '../../src/engines/onnxruntime/group-stages.ts';
import { splitBeforeDense } from '../../src/engines/onnxruntime/split-before-dense.ts';
import { closedAccount, leakFree, run } from '../support/balance.ts';
import { randomGrid } from '../support/compute.ts';

const namesOf = (parts: readonly { readonly name: string }[]) => parts.map(({ name }) => name);

describe('a network is cut before its dense stages', () => {
  it.each<[string, AnyStage, string | undefined]>([
    ['AlexNet', alexnetPipeline(), 'fc6'],
    ['VGG16', vgg16Pipeline(), 'fc6'],
    ['LeNet-5: all of it is in the cache', lenet5Pipeline(), undefined],
    ['MobileNet v2: its last stage is a small part of the work', mobilenetV2Pipeline(), undefined],
    ['no dense stage', pipeline({ inputShape: [1, 9, 9, 3] }, conv2d({ filters: 600, kernelSize: 3 })), undefined],
    ['nothing but a dense stage', pipeline({ inputShape: [1, 2000] }, dense({ units: 2000 })), undefined],
    [
      'a convolution last',
      pipeline(
        { inputShape: [1, 1000] },
        dense({ units: 1200 }),
        reshape({ shape: [20, 20, 3] }),
        conv2d({ filters: 4, kernelSize: 3 }),
      ),
      undefined,
    ],
    [
      'no shape declared',
      pipeline(conv2d({ filters: 9, kernelSize: 3 }), flatten(), dense({ units: 5000 })),
      undefined,
    ],
  ])('%s', (_name, { parts }, at) => {
    const [group = []] = groupStages(parts, true);
    const [convolutions, after] = splitBeforeDense(group);
    expect(after[0]?.name).toBe(at);
    expect([...namesOf(convolutions), ...namesOf(after)]).toEqual(namesOf(parts));
    if (at) expect(after[0]?.inputShape?.[0]).toBe(1);
  });

  it('also where a pipeline is declared for pictures: each stage has its own shape', () => {
    const whole = pipeline(
      { inputShape: [1, 720, 1280, 3] },
      preprocess({ width: 24, height: 24, range: [0, 1] }),
      conv2d({ filters: 32, kernelSize: 3, padding: 'same' }),
      flatten(),
      dense({ units: 100 }),
    );
    const [group = []] = groupStages(whole.parts, true);
    const [convolutions, after] = splitBeforeDense(group);
    expect(namesOf(convolutions)).toEqual(['preprocess', 'conv2d', 'flatten']);
    expect(convolutions[1]?.inputShape).toEqual([1, 24, 24, 3]);
    expect(after[0]?.inputShape).toEqual([1, 24 * 24 * 32]);
  });
});

/** 1,843,200 weights, and four times as many multiply-accumulates. */
const net = pipeline(
  { inputShape: [1, 24, 24, 2] },
  conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu', seed: 1 }),
  maxPool({ poolSize: 2, strides: 2 }),
  flatten(),
  dense({ units: 400, activation: 'tanh', seed: 2 }),
  dense({ name: 'logits', units: 10, seed: 3 }),
  softmax(),
);

function* grids(count: number) {
  for (let i = 0; i < count; i++) {
    const shape = [1, 24, 24, 2] as const;
    yield { data: tf.tensor4d([...randomGrid(shape, i + 1).data], [...shape]), timestamp: i };
  }
}

const read = map((frame: Frame<tf.Tensor>): [number[], StageTiming[]] => [
  Array.from(frame.data.dataSync()),
  frame.timings,
]);

async function batched(count: number, size: number): Promise<[number[], StageTiming[]][]> {
  const source = frameSource(grids(count), { source: 'test', maxInFlight: size });
  const { values, error } = await leakFree(() => run(source.pipe(batch({ size }), net, unbatch(), read)));
  expect(error).toBeUndefined();
  closedAccount(source);
  return values;
}

describe('frames go one by one through the convolutions, and together through the rest', () => {
  it.each([
    [1, 1],
    [7, 3],
    [8, 4],
  ])('%i frames in batches of %i: the numbers are tfjs’s, within 1e-6', async (count, size) => {
    await useEngine('onnxruntime', { threads: 1 });
    const here = await batched(count, size);
    await useEngine('wasm');
    const there = await batched(count, size);
    expect(here.length).toBe(count);
    here.forEach(([scores], i) =>
      scores.forEach((score, c) => expect(Math.abs(score - (there[i]?.[0][c] ?? NaN))).toBeLessThan(1e-6)),
    );
    expect(new Set(here.map(([scores]) => scores[0])).size).toBe(count);
  });

  it('a frame’s trace has both runs, for as many frames as went together', async () => {
    await useEngine('onnxruntime', { threads: 1 });
    const traces = (await batched(5, 4)).map(([, stages]) => stages.filter(({ run: whole }) => whole === undefined));
    expect(traces.map(namesOfStages)).toEqual(traces.map(() => ['conv2d … flatten', 'dense … softmax']));
    expect(traces.map((stages) => stages[0]?.batch ?? 1)).toEqual([4, 4, 4, 4, 1]);
  });

  it('ONNX Runtime’s own profile tells of the stages of both', async () => {
    await useEngine('onnxruntime', { threads: 1, stageTimes: 'profile' });
    const told = (await batched(4 * 40, 4)).flatMap(([, stages]) =>
      stages.filter(({ run: whole }) => whole !== undefined),
    );
    const took = (name: string) => told.find(({ stage: one }) => one === name)?.deviceMs ?? NaN;
    expect(new Set(namesOfStages(told))).toEqual(new Set(namesOf(net.parts)));
    expect(took('conv2d')).toBeGreaterThan(0);
    expect(took('dense')).toBeGreaterThan(0);
  });

  it('a batch of another shape fails, and what comes after goes on', async () => {
    await useEngine('onnxruntime', { threads: 1 });
    const wrong = { data: tf.zeros<tf.Rank.R4>([1, 24, 24, 3]), timestamp: 0 };
    const all = [...grids(3), wrong, ...grids(2)].map(({ data }, timestamp) => ({ data, timestamp }));
    const source = frameSource(all, { source: 'test', maxInFlight: 3, onError: 'skip' });
    const failed: string[] = [];
    source.failures.subscribe(({ error }) => failed.push(error.code));
    const { values, error } = await run(source.pipe(batch({ size: 3 }), net, unbatch(), read));
    expect(error).toBeUndefined();
    expect(values.length).toBe(5);
    expect(failed).toEqual(['shape']);
  });
});

describe('a frame that fails in the convolutions', () => {
  it('is all its batch; what comes after goes on, and nothing is left', async () => {
    let runs = 0;
    const runtime = {
      Tensor: onnxruntime.Tensor,
      InferenceSession: {
        async create(...given: [Uint8Array, object?]) {
          const session = await onnxruntime.InferenceSession.create(...given);
          // Probe and warm-ups first; then the second of the first batch's three.
          const run = (inputs: never) => (++runs === 4 ? Promise.reject(new Error('it failed')) : session.run(inputs));
          return { run, release: () => session.release() };
        },
      },
    };
    await useEngine('onnxruntime', { runtime, threads: 1 });
    runs = 0;
    const source = frameSource(grids(6), { source: 'test', maxInFlight: 3, onError: 'skip' });
    const failed: string[] = [];
    source.failures.subscribe(({ error }) => failed.push(`${error.stage} ${error.frame?.seq}`));
    const { values, error } = await leakFree(() => run(source.pipe(batch({ size: 3 }), net, unbatch(), read)));
    expect(error).toBeUndefined();
    expect(values.length).toBe(3);
    expect(failed.length).toBe(3);
    expect(failed.every((one) => one.startsWith('conv2d … flatten'))).toBe(true);
    closedAccount(source);
  });
});

function namesOfStages(stages: readonly StageTiming[]): string[] {
  return stages.map((timing) => timing.stage);
}
