import { lastValueFrom, map, toArray } from 'rxjs';
import { infer, useEngine, type ResizeOptions } from 'sluice';
import { imageFiles } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from 'vitest/browser';
import type { NodePicture } from './node-pictures.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

afterEach(() => void vi.unstubAllGlobals());

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);

describe('photos, held against those of Node', () => {
  let byNode: readonly NodePicture[];
  let files: File[];

  beforeAll(async () => {
    byNode = JSON.parse(
      await (commands as unknown as { nodePictures(): Promise<string> }).nodePictures(),
    ) as NodePicture[];
    files = byNode.map(({ name, bytes }) => new File([bytesOf(bytes)], name));
  }, 600_000);

  /** How far the bytes of a picture are from those of Node: on average, and at most. */
  async function apart(resize: ResizeOptions | undefined, k: number) {
    const pictures = await lastValueFrom(
      imageFiles(files, resize && { resize }).pipe(
        map(({ data }) => data.data),
        toArray(),
      ),
    );
    return byNode.map(({ name, sizes }, i) => {
      const data = pictures[i] ?? [];
      const expected = bytesOf(sizes[k]?.data ?? '');
      expect(data.length, name).toBe(expected.length);
      const levels = Array.from(data, (value, at) => Math.abs(value - (expected[at] ?? NaN)));
      return {
        name,
        mean: levels.reduce((sum, value) => sum + value, 0) / levels.length,
        most: levels.reduce((a, b) => Math.max(a, b), 0),
      };
    });
  }
  // A browser and ffmpeg round the cosines of JPEG otherwise. A JPEG with more chroma than 4:2:0 is RGB before it is scaled.
  const OTHERWISE = /422|444/;

  it('differ by a fraction of a level', async () => {
    expect(byNode.length).toBe(29);
    const all = [];
    for (const [k, { resize }] of (byNode[0]?.sizes ?? []).entries()) all.push(...(await apart(resize, k)));
    for (const { name, mean, most } of all) {
      expect(mean, name).toBeLessThan(OTHERWISE.test(name) ? 0.5 : 0.1);
      expect(most, name).toBeLessThanOrEqual(OTHERWISE.test(name) ? 12 : 4);
    }
  });

  it('differ by a level or so on average in a browser without WebCodecs', async () => {
    vi.stubGlobal('ImageDecoder', undefined);
    for (const { name, mean, most } of await apart(byNode[0]?.sizes[0]?.resize, 0)) {
      expect(mean, name).toBeLessThan(1.5);
      expect(most, name).toBeLessThanOrEqual(40);
    }
  });

  it('get the scores of Node, and the same best class where there is one', async () => {
    await useEngine('wasm', { wasmPaths: WASM_PATHS });
    const net = await mobilenetV1();
    const results = await lastValueFrom(imageFiles(files, { resize: net.preprocess }).pipe(infer(net), toArray()));
    const clear = [];
    for (const [i, { name, classes }] of byNode.entries()) {
      const [first, second] = classes as [NodePicture['classes'][0], NodePicture['classes'][0]];
      const scores = new Map(results[i]?.classes.map(({ label, score }) => [label, score]));
      const tolerance = OTHERWISE.test(name) ? 0.06 : 0.02;
      expect(Math.abs((scores.get(first.label) ?? NaN) - first.score), name).toBeLessThan(tolerance);
      if (first.score - second.score < 2 * tolerance) continue;
      clear.push(name);
      expect(results[i]?.classes[0]?.label, name).toBe(first.label);
    }
    expect(clear.length).toBeGreaterThan(byNode.length / 2);
  });
});

/** A PNG of these pixels. */
async function png(width: number, height: number, rgba: readonly number[]): Promise<File> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(Uint8ClampedArray.from(rgba), width, height), 0, 0);
  return new File([await canvas.convertToBlob()], 'made.png');
}

const made = async (file: File, options: Parameters<typeof imageFiles>[1]) =>
  lastValueFrom(imageFiles([file], options).pipe(map(({ data }) => ({ ...data, data: [...data.data] }))));
const [RED, BLUE, CLEAR] = [
  [255, 0, 0, 255],
  [0, 0, 255, 255],
  [0, 0, 0, 0],
];

describe.each([
  ['by WebCodecs', () => undefined],
  ['by a canvas', () => vi.stubGlobal('ImageDecoder', undefined)],
])('a picture that is read %s', (_, choose) => {
  beforeEach(() => void choose());

  it('is averaged over areas, mirrored, and lies on black bars and over white', async () => {
    const file = await png(4, 2, [RED, RED, BLUE, CLEAR, RED, RED, BLUE, CLEAR].flat());
    expect(await made(file, { resize: { width: 2, height: 1, fit: 'fill' } })).toMatchObject({
      width: 2,
      height: 1,
      channels: 3,
      data: [255, 0, 0, 128, 128, 255],
    });
    expect((await made(file, { resize: { width: 2, height: 1, fit: 'fill' }, flip: true })).data).toEqual([
      ...[128, 128, 255, 255, 0, 0],
    ]);
    expect((await made(file, { resize: { width: 2, height: 3, fit: 'contain' } })).data).toEqual([
      ...[0, 0, 0, 0, 0, 0, 255, 0, 0, 128, 128, 255, 0, 0, 0, 0, 0, 0],
    ]);
  });

  it('is read in strips where it is large, without seams', async () => {
    // A grey that grows by one every 64 rows, over the 4 million pixels of a strip.
    const canvas = new OffscreenCanvas(1024, 8192);
    const context = canvas.getContext('2d');
    for (let y = 0; y < 128 && context; y++) {
      context.fillStyle = `rgb(${y}, ${y}, ${y})`;
      context.fillRect(0, y * 64, 1024, 64);
    }
    const file = new File([await canvas.convertToBlob()], 'tall.png');
    const { data } = await made(file, { resize: { width: 1, height: 128, fit: 'fill' } });
    expect(data).toEqual(Array.from({ length: 128 }, (_, y) => [y, y, y]).flat());
  });
});

it('a file that is no picture is skipped with a warning, and the others come', async () => {
  const warnings: string[] = [];
  const good = await png(1, 1, [...RED]);
  const sources = imageFiles([new File(['no picture'], 'text.jpg'), new File([], 'empty.png'), good], {
    resize: { width: 1, height: 1 },
    onWarning: ({ source, code }) => warnings.push(`${source} ${code}`),
  });
  const seen = await lastValueFrom(
    sources.pipe(
      map(({ label }) => `${label.source} ${label.timestamp}`),
      toArray(),
    ),
  );
  expect(seen).toEqual(['made.png 2000000']);
  expect(warnings).toEqual(['text.jpg skipped', 'empty.png skipped']);
});
