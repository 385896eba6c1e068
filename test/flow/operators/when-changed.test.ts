import { lastValueFrom, map, merge, toArray } from 'rxjs';
import {
  frameSource,
  OptionError,
  ShapeError,
  useEngine,
  whenChanged,
  markDelivered,
  type Arrival,
  type Pixels,
  type Source,
  type WhenChangedOptions,
} from 'sluice';
import { videoFile } from 'sluice/node';
import { fakeCamera, inVirtualTime } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { thumbnail } from '../../../src/flow/operators/thumbnail.ts';
import { closedAccount, run } from '../../support/balance.ts';
import { frames } from '../../support/frames.ts';
import { media } from '../../support/media.ts';
import { sample, squirrel } from '../../support/sluice.ts';

beforeAll(() => useEngine('cpu'));

/** A grey picture with a square of another level. */
function grey(level: number, { width = 64, height = 64, channels = 3, square = level, alpha = 255 } = {}): Pixels {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const isInside = i % width < 2 && i < 2 * width;
    data.fill(isInside ? square : level, i * channels, i * channels + 3);
    if (channels === 4) data[i * channels + 3] = alpha;
  }
  return { width, height, channels: channels as 3 | 4, data };
}

function showing(pictures: readonly Pixels[], name = 'test', timestamps?: readonly number[]): Source<Pixels> {
  const arrivals = pictures.map((data, i): Arrival<Pixels> => ({ data, timestamp: timestamps?.[i] ?? i * 40_000 }));
  return frameSource(arrivals, { source: name });
}

const passed = (source: Source<Pixels>, options?: WhenChangedOptions) =>
  lastValueFrom(
    source.pipe(
      whenChanged(options),
      markDelivered(),
      map(({ label }) => label.seq),
      toArray(),
    ),
    {
      defaultValue: [],
    },
  );

describe('whenChanged', () => {
  it('passes the first frame and those that differ by more than the threshold', async () => {
    const source = showing([100, 100, 108, 109, 109, 101, 100].map((level) => grey(level)));
    expect(await passed(source)).toEqual([0, 3, 6]);
    expect(closedAccount(source)).toEqual({ produced: 7, delivered: 3, discarded: 4, failed: 0 });
  });

  it('compares with the last frame that passed, so that slow drift adds up', async () => {
    const levels = Array.from({ length: 31 }, (_, i) => grey(100 + i));
    expect(await passed(showing(levels), { threshold: 9.5 })).toEqual([0, 10, 20, 30]);
  });

  it('notices an object of one cell, which hardly changes the mean', async () => {
    const source = showing([grey(100), grey(100, { square: 109 }), grey(100, { square: 109 }), grey(100)]);
    expect(await passed(source)).toEqual([0, 1, 3]);
  });

  it('at 0 only equal thumbnails are the same; at 255 nothing changes', async () => {
    const levels = [grey(0), grey(0), grey(1), grey(255)];
    expect(await passed(showing(levels), { threshold: 0 })).toEqual([0, 2, 3]);
    expect(await passed(showing(levels), { threshold: 255 })).toEqual([0]);
  });

  it('weighs colours as BT.601 does', async () => {
    const colours = [
      [255, 0, 0],
      [76, 76, 76],
      [0, 255, 0],
      [150, 150, 150],
    ].map(([r = 0, g = 0, b = 0]): Pixels => ({ width: 1, height: 1, channels: 3, data: Uint8Array.of(r, g, b) }));
    expect(await passed(showing(colours), { threshold: 1 })).toEqual([0, 2]);
  });

  it('transparent pixels count as white', async () => {
    const pictures = [grey(0, { channels: 4, alpha: 0 }), grey(255), grey(0, { channels: 4 }), grey(0)];
    expect(await passed(showing(pictures))).toEqual([0, 2]);
  });

  it('a picture of another size has changed', async () => {
    const sizes = [
      [64, 64],
      [64, 64],
      [64, 32],
      [1, 1],
      [1, 1],
      [64, 64],
    ] as const;
    const pictures = sizes.map(([width, height]) => grey(100, { width, height }));
    expect(await passed(showing(pictures))).toEqual([0, 2, 3, 5]);
  });

  it('so has one of a source picture of another size', async () => {
    const of = (width: number): Pixels => ({
      ...grey(100),
      resized: 'x',
      view: { size: { width: 64, height: 64 }, source: { width, height: 9 }, left: 0, top: 0, scaleX: 1, scaleY: 1 },
    });
    expect(await passed(showing([of(10), of(10), of(20)]))).toEqual([0, 2]);
  });

  it('compares each source with itself', async () => {
    const [one, other] = [
      showing(
        [1, 1, 1].map((x) => grey(x)),
        'one',
      ),
      showing(
        [200, 200, 1].map((x) => grey(x)),
        'other',
      ),
    ];
    const seen = merge(one, other).pipe(
      whenChanged(),
      map(({ label: { source, seq } }) => `${source} ${seq}`),
    );
    const { values } = await run(seen);
    expect(values.toSorted()).toEqual(['one 0', 'other 0', 'other 2']);
    expect([closedAccount(one).discarded, closedAccount(other).discarded]).toEqual([3, 3]);
  });

  it('begins anew for each subscription', async () => {
    const changed = showing([grey(1), grey(1)]).pipe(
      whenChanged(),
      map(({ label }) => label.seq),
      toArray(),
    );
    expect([await lastValueFrom(changed), await lastValueFrom(changed)]).toEqual([[0], [0]]);
  });

  it('frees the lease of a frame at once, so that a camera with one lease loses none', () =>
    inVirtualTime(async (time) => {
      const camera = fakeCamera({ fps: 10, seconds: 2, data: (n) => grey(n < 10 ? 0 : 90) });
      const source = frameSource(camera, { source: 'camera', policy: 'latest' });
      const ended = passed(source);
      await time.run();
      expect(await ended).toEqual([0, 10]);
      expect(closedAccount(source)).toEqual({ produced: 20, delivered: 2, discarded: 18, failed: 0 });
    }));

  it('finds pictures of any size alike, against a plain mean', () => {
    for (const [width, height] of [
      [1, 1],
      [3, 2],
      [33, 50],
      [224, 224],
      [299, 31],
    ] as const) {
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
      const cells = thumbnail({ width, height, channels: 3, data });
      expect(cells.length).toBe(1024);
      if (width < 32 || height < 32) continue;
      const luma = (i: number) =>
        0.299 * (data[3 * i] ?? 0) + 0.587 * (data[3 * i + 1] ?? 0) + 0.114 * (data[3 * i + 2] ?? 0);
      const whole =
        Array.from({ length: width * height }, (_, i) => luma(i)).reduce((a, b) => a + b) / (width * height);
      expect(cells.reduce((a, b) => a + b) / 1024).toBeCloseTo(whole, 3);
    }
  });
});

describe('whenChanged on clips', () => {
  const noisy = () =>
    media(
      'still-noise.mp4',
      `-loop 1 -i ${squirrel} -t 4 -r 25 -vf scale=640:480,noise=alls=12:allf=t -pix_fmt yuv420p -c:v libx264 -preset veryfast`,
    );

  it('a still picture with noise is one frame', async () => {
    const video = videoFile(noisy(), { resize: { width: 224, height: 224 } });
    expect(await passed(video)).toEqual([0]);
    expect(closedAccount(video)).toEqual({ produced: 100, delivered: 1, discarded: 99, failed: 0 });
  });

  it('of a moving picture all frames pass', async () => {
    const video = videoFile(sample, { resize: { width: 224, height: 224 }, end: 2 });
    expect((await passed(video)).length).toBe(40);
  });
});

describe('whenChanged and bad input', () => {
  it.each([[NaN], [-1], [256], [Infinity], ['8'], [null], [{}]])('threshold: %j', (threshold) => {
    const wrong = () => whenChanged({ threshold } as never);
    expect(wrong).toThrow(OptionError);
    expect(wrong).toThrow(/^whenChanged: threshold must be a number from 0 to 255, not /);
  });

  it('tensors are no pictures', async () => {
    const { error } = await run(frames(1).pipe(whenChanged() as never));
    expect(error).toBeInstanceOf(ShapeError);
    expect(String(error)).toContain('whenChanged: needs pictures');
  });

  it('a picture whose data are too short fails alone', async () => {
    const broken = { ...grey(1), data: new Uint8Array(5) };
    const arrivals = [grey(1), broken, grey(1)].map((data, i) => ({ data, timestamp: i * 1000 }));
    const source = frameSource(arrivals, { source: 'test', onError: 'skip' });
    const failures: unknown[] = [];
    source.failures.subscribe(({ error }) => failures.push(error));
    expect(await passed(source)).toEqual([0]);
    expect(failures).toEqual([expect.any(ShapeError)]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 1, discarded: 1, failed: 1 });
  });
});
