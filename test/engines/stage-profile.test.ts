import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import * as native from 'onnxruntime-node';
import { map, take, tap } from 'rxjs';
import {
  activation,
  frameSource,
  batch,
  conv2d,
  dense,
  flatten,
  maxPool,
  pipeline,
  softmax,
  unbatch,
  useEngine,
  type Arrival,
  type EngineOptions,
  type Frame,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { leakFree, run } from '../support/balance.ts';
import { jsonOf } from '../support/fresh-process.ts';
import { stagesInProfile } from '../../src/engines/onnxruntime/stage-times/stages-in-profile.ts';

type Picture = [number, number, number, number];
const SIZE: Picture = [1, 32, 32, 3];

const net = () =>
  pipeline(
    { inputShape: SIZE },
    conv2d({ name: 'conv', filters: 32, kernelSize: 5, seed: 1, useBias: false }),
    activation('relu', { name: 'relu' }),
    maxPool({ name: 'pool', poolSize: 2 }),
    flatten({ name: 'flat' }),
    dense({ name: 'full', units: 64, seed: 2 }),
    activation('relu', { name: 'relu2' }),
    dense({ name: 'logits', units: 10, seed: 3 }),
    softmax({ name: 'softmax' }),
  );
const STAGES = ['conv', 'relu', 'pool', 'flat', 'full', 'relu2', 'logits', 'softmax'];
const RUN = 'conv … softmax';

const pictures = (count: number, options = {}) => {
  function* made(): Generator<Arrival<tf.Tensor4D>> {
    for (let k = 0; k < count; k++)
      yield { data: tf.randomUniform<tf.Rank.R4>(SIZE, 0, 1, 'float32', k), timestamp: k };
  }
  return frameSource({ [Symbol.iterator]: made }, { source: 'test', ...options });
};
const told = map((frame: Frame<tf.Tensor>) => ({ stages: frame.timings, values: [...frame.data.dataSync()] }));
const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`sluice-profile-`));

describe("useEngine('onnxruntime', { stageTimes: 'profile' })", () => {
  let before: string[] = [];
  beforeAll(async () => {
    before = folders();
    await useEngine('onnxruntime', { threads: 1, stageTimes: 'profile' });
  });
  const left = () => folders().filter((name) => !before.includes(name));

  it('tells of every stage, on one frame, once, whatever the gate asks; and leaves nothing', async () => {
    const { values } = await leakFree(() =>
      run(pictures(40, { profile: { every: 1, deviceEvery: 1 } }).pipe(net(), told)),
    );
    const long = values.filter(({ stages }) => stages.length > 1);
    expect(long.map(({ stages }) => stages.map(({ stage }) => stage))).toEqual([[RUN, ...STAGES]]);
    const [whole, ...stages] = long[0]?.stages ?? [];
    expect(whole).toMatchObject({ method: 'synced-wall' });
    for (const one of stages) expect(one).toMatchObject({ run: RUN, method: 'device-query', submitMs: 0, waitMs: 0 });
    const ms = Object.fromEntries(stages.map(({ stage, deviceMs = NaN }) => [stage, deviceMs]));
    // Fused activations count to what they are fused into.
    expect([ms['relu'], ms['relu2']]).toEqual([0, 0]);
    expect(ms['conv']).toBeGreaterThan(0);
    expect(left()).toEqual([]);
  });

  it('gives the same bytes as without', async () => {
    const script = (options: string) => `
      import { useEngine, pipeline, conv2d, flatten, dense, softmax, frameSource } from 'sluice';
      import * as tf from '@tensorflow/tfjs-core';
      await useEngine('onnxruntime', ${options});
      const net = pipeline({ inputShape: [1, 32, 32, 3] }, conv2d({ filters: 32, kernelSize: 5, seed: 1 }), flatten(),
        dense({ units: 10, seed: 3 }), softmax());
      const made = Array.from({ length: 30 }, (_, k) => ({ data: tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', k), timestamp: k }));
      const all = [];
      frameSource(made, { source: 'test' }).pipe(net).subscribe({
        next: (frame) => all.push(...frame.data.dataSync()),
        complete: () => console.log(JSON.stringify(all)),
      });`;
    const [apart, profile] = await Promise.all([
      jsonOf(script("{ threads: 1, stageTimes: 'apart' }")),
      jsonOf(script("{ threads: 1, stageTimes: 'profile' }")),
    ]);
    expect(profile).toEqual(apart);
    expect(profile).toHaveLength(300);
  });

  it('is the default with the installed package, and apart is what a given runtime has', async () => {
    const lengths = async (options: EngineOptions) => {
      await useEngine('onnxruntime', { threads: 1, ...options });
      const { values } = await run(pictures(20, { profile: { every: 1, deviceEvery: 4 } }).pipe(net(), told));
      return values.filter(({ stages }) => stages.length > 1).length;
    };
    const all = [await lengths({}), await lengths({ runtime: native }), await lengths({ stageTimes: 'apart' })];
    await useEngine('onnxruntime', { threads: 1, stageTimes: 'profile' });
    expect(all).toEqual([1, 5, 5]);
  });

  it('tells of batches in equal parts', async () => {
    const { values } = await run(
      pictures(4 * 20, { maxInFlight: 4 }).pipe(batch({ size: 4 }), net(), unbatch<tf.Tensor2D>(), told),
    );
    const long = values.filter(({ stages }) => stages.length > 1);
    expect(long.map(({ stages }) => stages.map(({ batch: shared }) => shared))).toEqual(
      Array.from({ length: 4 }, () => [RUN, ...STAGES].map(() => 4)),
    );
  });

  it('tells nothing of few frames, and leaves nothing when it is left half-way', async () => {
    let during = 0;
    const { values } = await run(
      pictures(40).pipe(
        net(),
        told,
        tap(() => (during = left().length)),
        take(5),
      ),
    );
    expect([values.length, during]).toEqual([5, 1]);
    expect(values.every(({ stages }) => stages.length === 1)).toBe(true);
    await expect.poll(left).toEqual([]);
  });

  it('two pipes at once tell each of their own', async () => {
    const both = await Promise.all([1, 2].map(() => run(pictures(20).pipe(net(), told))));
    for (const { values } of both) expect(values.filter(({ stages }) => stages.length > 1).length).toBe(1);
    expect(left()).toEqual([]);
  });

  it('goes without where nothing can be written, and leaves nothing where the process ends', async () => {
    const script = (end: string) => `
      import { useEngine, pipeline, flatten, dense, frameSource } from 'sluice';
      import * as tf from '@tensorflow/tfjs-core';
      import { mkdtempSync, readdirSync } from 'node:fs';
      const folder = mkdtempSync(${JSON.stringify(`${tmpdir()}/sluice-test-`)});
      process.env.TMPDIR = ${end === '' ? "'/nowhere'" : 'folder'};
      await useEngine('onnxruntime', { threads: 1, stageTimes: 'profile' });
      const made = Array.from({ length: 20 }, (_, k) => ({ data: tf.ones([1, 2, 2, 1]), timestamp: k }));
      let count = 0;
      frameSource(made, { source: 'test' }).pipe(pipeline({ inputShape: [1, 2, 2, 1] }, flatten(), dense({ units: 2, seed: 1 }))).subscribe({
        next: (frame) => { count++; ${end} },
        complete: () => console.log(JSON.stringify([count])),
      });`;
    const leave = `if (count === 3) { console.log(JSON.stringify([folder, ...readdirSync(folder)])); process.exit(); }`;
    const [without, ended] = await Promise.all([jsonOf(script('')), jsonOf(script(leave))]);
    expect(without).toEqual([20]);
    // ONNX Runtime has files of its own there.
    const ours = (names: readonly string[]) => names.filter((name) => name.startsWith('sluice-profile-'));
    const [folder = '', ...during] = ended as string[];
    expect([ours(during).length, ours(readdirSync(folder))]).toEqual([1, []]);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [{ stageTimes: 'always' }, `useEngine: stageTimes must be 'apart' or 'profile', not "always"`],
    [
      { stageTimes: 'profile', runtime: { InferenceSession: { create: () => undefined } } },
      "useEngine: stageTimes 'profile' works only in Node and with the installed package onnxruntime-node. Remove stageTimes or runtime.",
    ],
  ])('is refused where it cannot be: %j', async (options, message) => {
    await expect(useEngine('onnxruntime', options as never)).rejects.toMatchObject({ code: 'option', message });
    await useEngine('onnxruntime', { threads: 1, stageTimes: 'profile' });
  });
});

describe('stagesInProfile', () => {
  const node = (name: string, op: string, ...inputs: string[]) => ({
    name,
    op,
    inputs,
    outputs: [name],
    attributes: {},
  });
  const graph = [node('a/Conv', 'Conv', 'input'), node('b/Relu', 'Relu', 'a/Conv'), node('c/x/Add', 'Add', 'b/Relu')];
  const event = (name: string, op: string, dur: number) => ({
    cat: 'Node',
    name: `${name}_kernel_time`,
    dur,
    args: { op_name: op },
  });
  const read = (events: readonly object[], cold = 0) =>
    stagesInProfile(JSON.stringify(events), graph, ['a', 'b', 'c'], cold);

  it('takes the median of each node, without the cold runs', () => {
    const runs = [9000, 10, 30, 20].flatMap((dur) => [event('a/Conv', 'Conv', dur), event('c/x/Add', 'Add', dur * 2)]);
    expect(read(runs, 1)).toEqual([0.02, 0, 0.04]);
  });

  it('finds what was fused, and gives what was put in between to the stage before', () => {
    const events = [
      event('ReorderInput', 'ReorderInput', 1),
      event('b/Relu_nchwc', 'Conv', 117),
      event('ReorderOutput', 'ReorderOutput', 7),
      event('c/x/Add', 'Add', 5),
      { cat: 'Session', name: 'model_run', dur: 1e6 },
      { cat: 'Node', name: 'c/x/Add_fence_before', dur: 1e6 },
    ];
    expect(read(events)).toEqual([0.125, 0, 0.005]);
    expect(read([event('fused b/Relu', 'FusedConv', 4)])).toEqual([0.004, 0, 0]);
  });

  it('knows nothing of an empty or strange one, and never loops', () => {
    expect(read([])).toBeUndefined();
    expect(read([{ cat: 'Session', name: 'model_run', dur: 5 }])).toBeUndefined();
    expect(read([event('a/Conv', 'Conv', 5)], 1)).toBeUndefined();
    expect(() => stagesInProfile('[{"cat":', graph, ['a'], 0)).toThrow(SyntaxError);
    expect(read([event('c/x/Add', 'Sum', 5)])).toEqual([0, 0, 0.005]);
  });
});
