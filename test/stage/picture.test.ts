import { runInNewContext } from 'node:vm';
import { createCanvas, ImageData as CanvasImageData } from '@napi-rs/canvas';
import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom, lastValueFrom, map, of, toArray } from 'rxjs';
import { frameSource, preprocess, useEngine, type Pixels } from 'sluice';
import { beforeAll, describe, expect, it, vi } from 'vitest';

const SIZE = { width: 3, height: 2 };
const rgb = Uint8Array.from({ length: 18 }, (_, i) => i * 13);
const rgba = Uint8ClampedArray.from({ length: 24 }, (_, i) => (i % 4 === 3 ? 255 : (i - (i >> 2)) * 13));

const received = async (data: unknown): Promise<unknown> =>
  firstValueFrom(frameSource([{ data, timestamp: 0 }]).pipe(map((frame) => frame.data)));

describe('a picture that frameSource is given', () => {
  beforeAll(async () => {
    await useEngine('cpu');
  });

  /** The numbers that a model would get. */
  const numbers = (data: unknown) =>
    firstValueFrom(
      frameSource([{ data: data as Pixels, timestamp: 0 }]).pipe(
        preprocess({ ...SIZE, range: [0, 255] }),
        map((frame) => [...frame.data.dataSync()]),
      ),
    );

  it.each([
    ['Pixels of RGB', { ...SIZE, channels: 3, data: rgb }],
    ['Pixels of RGBA', { ...SIZE, channels: 4, data: rgba }],
    ['ImageData', new CanvasImageData(rgba, 3, 2)],
    ['RGBA bytes without channels, as jpeg-js gives them', { ...SIZE, data: Buffer.from(rgba) }],
    ['RGB bytes without channels', { ...SIZE, data: rgb }],
    [
      'what sharp gives, without alpha',
      { data: Buffer.from(rgb), info: { ...SIZE, channels: 3, format: 'raw', size: 18 } },
    ],
    ['what sharp gives, with alpha', { data: Buffer.from(rgba), info: { ...SIZE, channels: 4 } }],
    [
      'bytes of another realm',
      { ...SIZE, data: runInNewContext('new Uint8Array(bytes)', { bytes: [...rgba] }) as unknown },
    ],
  ])('may be %s', async (_what, picture) => {
    expect(await numbers(picture)).toEqual([...rgb]);
  });

  it('may be a canvas', async () => {
    const canvas = createCanvas(3, 2);
    canvas.getContext('2d').putImageData(new CanvasImageData(rgba, 3, 2), 0, 0);
    expect(await numbers(canvas)).toEqual([...rgb]);
  });

  it('may be grey, which becomes grey of three channels, and keeps its alpha', async () => {
    const grey = Uint8Array.of(0, 50, 100, 150, 200, 255);
    const thrice = [...grey].flatMap((value) => [value, value, value]);
    expect(await numbers({ data: grey, info: { ...SIZE, channels: 1 } })).toEqual(thrice);
    expect(await received({ width: 2, height: 1, channels: 2, data: Uint8Array.of(7, 0, 9, 255) })).toEqual({
      width: 2,
      height: 1,
      channels: 4,
      data: Uint8Array.of(7, 7, 7, 0, 9, 9, 9, 255),
    });
  });

  it('shares its bytes where it can, and Pixels are passed on as they are', async () => {
    const pixels = { ...SIZE, channels: 3, data: rgb, resized: 'x' };
    expect(await received(pixels)).toBe(pixels);
    expect(((await received({ data: rgb, info: { ...SIZE, channels: 3 } })) as Pixels).data).toBe(rgb);
    expect(((await received({ ...SIZE, data: rgba })) as Pixels).data).toBe(rgba);
  });

  it('is not read on the way to the pipe, if it says its size', async () => {
    const read = vi.fn(() => rgb);
    const picture = Object.defineProperty({ ...SIZE, channels: 3, byteLength: 18 }, 'data', { get: read });
    expect(await received(picture)).toBe(picture);
    expect(read).not.toHaveBeenCalled();
    expect(await numbers(picture)).toEqual([...rgb]);
  });

  it('may come from an Observable as well', async () => {
    const source = frameSource(of({ data: { ...SIZE, data: rgba }, timestamp: 0 }));
    expect(await firstValueFrom(source.pipe(map(({ data }) => data.channels)))).toBe(4);
  });

  it.each([
    ['Float32Array', { ...SIZE, channels: 3, data: Float32Array.from(rgb) }],
    ['Float32Array', { data: Float32Array.from(rgb), info: { ...SIZE, channels: 3 } }],
    ['Uint16Array', { ...SIZE, channels: 4, data: Uint16Array.from(rgba) }],
    ['Int8Array', { ...SIZE, channels: 3, data: new Int8Array(18) }],
    ['Array', { ...SIZE, channels: 3, data: [...rgb] }],
    ['Undefined', { ...SIZE, channels: 3 }],
    ['String', { ...SIZE, channels: 3, data: 'x'.repeat(18) }],
  ])('of other numbers than bytes is refused: a %s', async (type, picture) => {
    await expect(numbers(picture)).rejects.toMatchObject({
      message: expect.stringMatching(
        new RegExp(`must have width · height · 3 \\(RGB\\) or 4 \\(RGBA\\) bytes in a Uint8Array .*in a ${type}`),
      ) as string,
    });
  });

  it.each([
    [
      'too few bytes',
      { data: new Uint8Array(5), info: { ...SIZE, channels: 3 } },
      /3×2 with 3 channels .*but has 5 in/,
    ],
    ['too few grey bytes', { ...SIZE, channels: 1, data: new Uint8Array(5) }, /but got \[1, 2, 3, 1\]/],
    ['five channels', { data: new Uint8Array(30), info: { ...SIZE, channels: 5 } }, /but got \[1, 2, 3, 5\]/],
    ['no size', { data: rgb, info: { channels: 3 } }, /needs a tensor or a picture, but got an object/],
    ['a negative size', { data: rgb, info: { width: -3, height: -2, channels: 3 } }, /but got \[1, -2, -3, 3\]/],
  ])('with %s is refused', async (_what, picture, message) => {
    await expect(numbers(picture)).rejects.toMatchObject({ message: expect.stringMatching(message) as string });
  });

  it('on a canvas that cannot be read ends the stream with an OptionError', async () => {
    const canvas = (getContext: () => unknown) => received({ width: 1, height: 1, getContext });
    await expect(canvas(() => null)).rejects.toMatchObject({
      code: 'option',
      message: "a canvas can't be read: it has no 2d context",
    });
    const tainted = () => ({
      getImageData() {
        throw new Error('tainted by cross-origin data');
      },
    });
    await expect(canvas(tainted)).rejects.toMatchObject({ code: 'option', message: /tainted by cross-origin data/ });
  });
});

it('data that is no picture is passed on as it is', async () => {
  const tensor = tf.scalar(1);
  const others: unknown[] = [
    ...[null, undefined, 0, 'text', Symbol.iterator, rgb, [1, 2], new Map(), () => 1],
    ...[
      { width: 2, height: 2 },
      { data: rgb },
      { data: rgb, info: null },
      { data: rgb, info: 'red' },
      { data: new Float32Array(2), info: { channels: 2, rate: 44_100 } },
      { ...SIZE, data: new Uint8Array(6) },
      { ...SIZE, data: new Uint8Array(7) },
    ],
    ...[
      { width: 0, height: 0, data: new Uint8Array() },
      { ...SIZE, data: new Float32Array(6) },
    ],
  ];
  const source = frameSource(others.map((data, i) => ({ data, timestamp: i })));
  const given = await lastValueFrom(
    source.pipe(
      map(({ data }) => data),
      toArray(),
    ),
  );
  for (const [i, data] of given.entries()) expect(data, String(i)).toBe(others[i]);
  expect(await received(tensor)).toBe(tensor);
});

describe('frameSource without options', () => {
  it('calls itself frames', async () => {
    const source = frameSource([{ data: 1, timestamp: 0 }]);
    expect(source.name).toBe('frames');
    expect(await firstValueFrom(source.pipe(map(({ label }) => label)))).toEqual({
      source: 'frames',
      seq: 0,
      timestamp: 0,
    });
  });

  it.each([[null], ['demo'], [5]])('refuses %s in their place', (options) => {
    expect(() => frameSource([], options as never)).toThrow(/frameSource.*options/);
  });

  it('says what is wrong with what is given', () => {
    expect(() => frameSource(undefined as never)).toThrow('frames: arrivals must be an iterable');
    expect(() => frameSource([], { source: '' })).toThrow("frameSource: source must be the source's name");
  });
});
