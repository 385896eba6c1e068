// Draws the pictures of docs/cnn-by-running-it.md: what filters make of a real photo. Run: npm run pictures

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, map, take } from 'rxjs';
import { conv2d, preprocess, useEngine } from 'sluice';
import { images } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { locateFfmpeg } from '../src/sources/ffmpeg/locate.ts';

const root = path.resolve(import.meta.dirname, '..');
export const photo = path.join(root, 'test/data/squirrel_cls.jpg');
export const pictures = path.join(root, 'docs/pictures');

/** Grey values, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Numbers for a kernel of one channel and one filter, from a function of the distance to its middle. */
function kernel(size: number, weight: (down: number, right: number) => number): Float32Array {
  const half = (size - 1) / 2;
  return Float32Array.from({ length: size * size }, (_, i) => weight(Math.floor(i / size) - half, (i % size) - half));
}

/** Zero on average, so that a plain surface of whatever brightness gives nothing. */
function balanced(weights: Float32Array): Float32Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight - mean);
}

/** The filters of the guide. */
export const filters: Readonly<Record<string, { readonly kernelSize: number; readonly weights: Float32Array }>> = {
  // Sobel: dark on the left and bright on the right.
  edge: { kernelSize: 3, weights: Float32Array.of(-1, 0, 1, -2, 0, 2, -1, 0, 1) },
  // Bright above and to the left of its middle, dark all around that.
  corner: { kernelSize: 9, weights: balanced(kernel(9, (down, right) => (down <= 0 && right <= 0 ? 1 : 0))) },
  // A dark disc about 6 pixels across on a brighter ground: a difference of two bells (Marr & Hildreth 1980).
  blob: {
    kernelSize: 15,
    weights: balanced(
      kernel(15, (down, right) => {
        const bell = (sigma: number) => Math.exp(-(down ** 2 + right ** 2) / (2 * sigma ** 2)) / sigma ** 2;
        return bell(3.2) - bell(2);
      }),
    ),
  },
};

const SIDE = 224;

/** What each filter answers where, before it is made visible; and the photo itself. */
export async function answers(): Promise<Record<string, tf.Tensor>> {
  await useEngine('wasm');
  const grey = await throughNetwork([preprocess({ width: SIDE, height: SIDE, channels: 1, range: [0, 1] })]);
  const made = Object.entries(filters).map(([name, { kernelSize, weights }]) => {
    const stage = conv2d({
      filters: 1,
      kernelSize,
      activation: 'relu',
      useBias: false,
      weights: { kernel: weights },
    });
    const built = stage.build([1, SIDE, SIDE, 1]);
    const answer = built.run(grey as tf.Tensor4D);
    built.dispose();
    return [name, answer] as const;
  });
  return { photo: grey, ...Object.fromEntries(made) };
}

/** All pictures of the guide, by their files' names. */
export async function featureMaps(): Promise<Record<string, Picture>> {
  const all = Object.entries(await answers()).map(([name, tensor]) => {
    const values = tensor.dataSync();
    tensor.dispose();
    return [`${name}.png`, grey(tensor.shape[2] ?? 0, tensor.shape[1] ?? 0, Float32Array.from(values))] as const;
  });
  return { ...Object.fromEntries(all), 'mobilenet-conv1.png': await firstLayer() };
}

/** The 32 maps of the bundled network's first layer, 8 in a row. */
async function firstLayer(): Promise<Picture> {
  const { pipeline, preprocess: prepare } = await mobilenetV1();
  const [first] = pipeline.parts;
  const maps = await throughNetwork([preprocess(prepare), first?.stage]);
  const [, height = 0, width = 0, channels = 0] = maps.shape;
  const values = maps.dataSync();
  maps.dispose();
  const [across, half] = [8, 2];
  const [w, h] = [width / half, height / half];
  const sheet = new Float32Array(channels * w * h);
  for (let c = 0; c < channels; c++) {
    // Each as bright as it can be, or most would be black.
    const map = Float32Array.from({ length: w * h }, (_, i) => {
      const at = half * (Math.floor(i / w) * width + (i % w));
      return values[at * channels + c] ?? 0;
    });
    const most = map.reduce((a, b) => Math.max(a, b), 0) || 1;
    for (let i = 0; i < map.length; i++) {
      const row = Math.floor(c / across) * h + Math.floor(i / w);
      sheet[row * across * w + (c % across) * w + (i % w)] = (map[i] ?? 0) / most;
    }
  }
  return grey(across * w, (channels / across) * h, sheet);
}

/** The photo, through stages; the caller frees what comes out. */
async function throughNetwork(stages: readonly unknown[]): Promise<tf.Tensor> {
  const frames = images([photo]) as unknown as { pipe(...stages: unknown[]): never };
  return lastValueFrom(
    frames.pipe(
      ...stages,
      take(1),
      map(({ data }: { data: tf.Tensor }) => data.clone()),
    ),
  );
}

function grey(width: number, height: number, values: Float32Array): Picture {
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  return { width, height, pixels: Uint8Array.from(values, (value) => Math.round((255 * Math.max(0, value)) / most)) };
}

if (process.argv[1] === import.meta.filename) {
  const { path: ffmpeg } = await locateFfmpeg();
  for (const [name, { width, height, pixels }] of Object.entries(await featureMaps())) {
    const input = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${width}x${height}`, '-i', 'pipe:0'];
    const { status, stderr } = spawnSync(
      ffmpeg,
      ['-v', 'error', '-y', ...input, '-frames:v', '1', path.join(pictures, name)],
      { input: pixels },
    );
    if (status !== 0) throw new Error(`ffmpeg did not write ${name}: ${String(stderr)}`);
  }
}
