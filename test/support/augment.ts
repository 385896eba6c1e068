import type { MonoTypeOperatorFunction } from 'rxjs';
import { frameSource, markDelivered, type Frame, type FrameSourceOptions, type Pixels, type Source } from 'sluice';
import { map } from 'rxjs';
import { expect } from 'vitest';
import { closedAccount, idle, run, type Run } from './balance.ts';
import { randomFrom } from './random.ts';

export type Augmentation = MonoTypeOperatorFunction<Frame<Pixels>>;

/** A grey picture, row by row. */
export function grey(width: number, shades: readonly number[]): Pixels {
  const data = Uint8Array.from(shades.flatMap((shade) => [shade, shade, shade]));
  return { width, height: shades.length / width, channels: 3, data };
}

/** The first channel, row by row. */
export function values({ width, height, channels, data }: Pixels): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_none, x) => data[(y * width + x) * channels] ?? NaN),
  );
}

/** One value for each pixel, row by row. */
export function pixelsOf({ width, height, channels, data }: Pixels): string[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_none, x) =>
      String(data.slice((y * width + x) * channels, (y * width + x + 1) * channels)),
    ),
  );
}

export function noise(width: number, height: number, channels: 3 | 4 = 3, seed = 1): Pixels {
  const random = randomFrom(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => random() * 256);
  return { width, height, channels, data };
}

/** A cold source of these pictures: every subscription begins anew. */
export function photos(pictures: readonly Pixels[], options: Partial<FrameSourceOptions> = {}): Source<Pixels> {
  return frameSource(
    pictures.map((data, i) => ({ data, timestamp: i * 1000 })),
    { source: 'photos', ...options },
  );
}

/** Takes pictures through an operator. Every frame must be accounted for, and no picture may be changed. */
export async function augmented(
  pictures: readonly Pixels[],
  augmentation: Augmentation,
  options: Partial<FrameSourceOptions> = {},
): Promise<Run<Pixels> & { account: Record<string, number> }> {
  const before = pictures.map((picture) => Array.from(picture?.data ?? []));
  const source = photos(pictures, options);
  const result = await run(
    source.pipe(
      augmentation,
      markDelivered(),
      map(({ data }) => data),
    ),
  );
  await idle();
  expect(
    pictures.map((picture) => Array.from(picture?.data ?? [])),
    'the pictures themselves',
  ).toEqual(before);
  return { ...result, account: closedAccount(source) };
}

/** The same, where all goes well. */
export async function augmentedAll(pictures: readonly Pixels[], augmentation: Augmentation): Promise<Pixels[]> {
  const { values, error, account } = await augmented(pictures, augmentation);
  expect(error).toBeUndefined();
  expect(account).toMatchObject({ delivered: pictures.length, discarded: 0, failed: 0 });
  return values;
}

/** So many times the same picture. */
export function copies<T>(count: number, picture: T): T[] {
  return new Array<T>(count).fill(picture);
}
