import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { lastValueFrom, map, tap, toArray } from 'rxjs';
import { infer, markDelivered, repaint, sampleFrames, useEngine } from 'sluice';
import { registeredModels, videoFile } from 'sluice/node';
import { esrgan } from 'sluice/pipelines/esrgan';
import { extract } from 'tar';
import { afterAll, describe, expect, it } from 'vitest';
import { leakFree } from '../../support/balance.ts';
import { npmArchive } from '../../support/npm-archive.ts';
import { sample } from '../../support/sluice.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-esrgan-'));
afterAll(() => rmSync(folder, { recursive: true }));
const registered = registeredModels.find(({ name }) => name === 'esrgan');
const archive = await npmArchive('@upscalerjs/default-model@1.0.0', registered?.sha256 ?? '');
const file = path.join(folder, 'models/model.json');
if (archive !== undefined) await extract({ file: archive, cwd: folder, strip: 1 });

/** Doubles whole pictures as UpscalerJS does without tiles. */
async function plainLoop(): Promise<(pixels: Uint8Array, width: number, height: number) => Promise<number[]>> {
  const json = JSON.parse(readFileSync(file, 'utf8')) as { weightsManifest: { weights: object[] }[] };
  const weightSpecs = json.weightsManifest.flatMap(({ weights }) => weights) as tf.io.WeightsManifestEntry[];
  const bytes = readFileSync(path.join(path.dirname(file), 'group1-shard1of1.bin'));
  const artifacts = { ...json, weightSpecs, weightData: new Uint8Array(bytes).buffer };
  const model = await layers.loadLayersModel({ load: async () => artifacts });
  return async (pixels, width, height) => {
    const output = tf.tidy(() => {
      const large = model.predict(tf.tensor4d(Float32Array.from(pixels), [1, height, width, 3])) as tf.Tensor;
      return tf.cast(tf.round(tf.clipByValue(large, 0, 255)), 'int32');
    });
    const values = [...(await output.data())];
    output.dispose();
    return values;
  };
}

/** The mean and the largest difference of two pictures. */
function difference(a: readonly number[], b: readonly number[]) {
  const each = a.map((value, i) => Math.abs(value - (b[i] ?? NaN)));
  return {
    mean: each.reduce((sum, one) => sum + one, 0) / each.length,
    most: each.reduce((m, one) => Math.max(m, one), 0),
  };
}

describe.skipIf(archive === undefined)('esrgan', { timeout: 300_000 }, () => {
  const clip = () => videoFile(sample, { start: 12, end: 13, resize: { width: 200, height: 112 } });

  it.each(['wasm', 'onnxruntime'] as const)(
    'on %s, tiles give what a plain tfjs loop gives for whole pictures',
    async (engine) => {
      await useEngine(engine);
      const model = await esrgan(file);
      const given: Uint8Array[] = [];
      const doubled = await leakFree(() =>
        lastValueFrom(
          clip().pipe(
            sampleFrames({ n: 12 }),
            tap(({ data }) => given.push(Uint8Array.from(data.data))),
            // A pixel depends on those that are up to 10 pixels away.
            repaint(model, { tile: { size: 96, overlap: 40 } }),
            markDelivered(),
            map(({ data: { width, height, data } }) => ({ width, height, data: [...data] })),
            toArray(),
          ),
        ),
      );
      expect(doubled.length).toBeGreaterThan(1);
      await useEngine('wasm');
      const plain = await plainLoop();
      for (const [i, { width, height, data }] of doubled.entries()) {
        expect([width, height]).toEqual([400, 224]);
        const { mean, most } = difference(data, await plain(given[i] as Uint8Array, 200, 112));
        expect(mean).toBeLessThan(0.01);
        expect(most).toBeLessThanOrEqual(1);
      }
    },
  );

  it('the default overlap leaves no seam', async () => {
    await useEngine('wasm');
    const model = await esrgan(file);
    // Two tiles beside each other, which overlap by 32 pixels.
    const frame = { width: 224, height: 136 };
    let given = new Uint8Array();
    const picture = await lastValueFrom(
      videoFile(sample, { start: 12, end: 12.04, resize: frame }).pipe(
        tap(({ data }) => (given = Uint8Array.from(data.data))),
        repaint(model),
        map(({ data }) => [...data.data]),
      ),
    );
    const { mean, most } = difference(picture, await (await plainLoop())(given, 224, 136));
    expect([mean < 0.01, most <= 1]).toEqual([true, true]);
  });

  it('infer doubles what the network sees', async () => {
    await useEngine('wasm');
    const model = await esrgan(file);
    const [first] = await lastValueFrom(
      videoFile(sample, { start: 12, end: 12.04, resize: model.preprocess }).pipe(infer(model), toArray()),
    );
    expect([first?.size, first?.image?.data.length]).toEqual([{ width: 256, height: 256 }, 256 * 256 * 3]);
    // The middle of a clip of 640 × 360, a square of 360 × 360.
    expect(first?.image?.view).toMatchObject({
      source: { width: 640, height: 360 },
      left: 140,
      top: 0,
      scaleX: 360 / 256,
    });
  });
});
