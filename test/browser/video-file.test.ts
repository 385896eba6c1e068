import { lastValueFrom, map, take, tap, toArray } from 'rxjs';
import { classify, every, preprocess, useEngine } from 'sluice';
import { videoFile, type VideoFileOptions } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import clip from '../../samples/cockatoo.mp4?url';
import photo from '../data/squirrel_cls.jpg?url';
import type { NodeFrames } from './node-frames.ts';
import { WASM_PATHS } from './wasm-paths.ts';

let byNode: NodeFrames;
let file: File;

beforeAll(async () => {
  byNode = JSON.parse(await (commands as unknown as { nodeFrames(): Promise<string> }).nodeFrames()) as NodeFrames;
  file = new File([await (await fetch(clip)).blob()], 'cockatoo.mp4');
});

describe('the same clip as in Node', () => {
  it('all frames, with the same times', async () => {
    const frames = videoFile(file, { resize: { width: 8, height: 8 } }).pipe(
      map(({ label }) => label),
      toArray(),
    );
    const labels = await lastValueFrom(frames);
    expect(labels.map(({ timestamp }) => timestamp)).toEqual(byNode.timestamps);
    expect(labels.map(({ seq, source }) => `${source} ${seq}`)).toEqual(
      byNode.timestamps.map((_, i) => `cockatoo.mp4 ${i}`),
    );
  });

  it('the same pictures, to a third of a level of 255', async () => {
    const { preprocess: resize } = await mobilenetV1();
    const apart: number[] = [];
    let i = 0;
    await lastValueFrom(
      videoFile(file, { resize }).pipe(
        every({ n: 10 }),
        tap(({ data }) => {
          const node = Uint8Array.from(atob(byNode.pictures[i++] ?? ''), (letter) => letter.codePointAt(0) ?? 0);
          expect([data.width, data.height, data.data.length]).toEqual([224, 224, node.length]);
          apart.push(node.reduce((sum, value, at) => sum + Math.abs(value - (data.data[at] ?? NaN)), 0) / node.length);
        }),
      ),
    );
    expect(apart).toHaveLength(28);
    // The mean over a picture: ffmpeg computes in fixed point.
    expect(Math.max(...apart)).toBeLessThan(0.33);
  });

  // In software, a GPU takes too long for all of them; those that it has look like something.
  it.each([
    { engine: 'wasm', n: 1, tolerance: 0.15, clear: 0.15 },
    { engine: 'webgl', n: 10, tolerance: 0.05, clear: 0 },
  ] as const)('the same best class: $engine, one frame in $n', { timeout: 180_000 }, async (given) => {
    const { engine, n, tolerance, clear } = given;
    await useEngine(engine, { wasmPaths: WASM_PATHS });
    const net = await mobilenetV1();
    const found = await lastValueFrom(
      videoFile(file, { resize: net.preprocess }).pipe(
        every({ n }),
        preprocess(net.preprocess),
        net.pipeline,
        classify({ labels: net.labels, top: 20 }),
        toArray(),
      ),
    );
    const expected = byNode.labels.filter(({ seq }) => seq % n === 0);
    expect(expected).toHaveLength(280 / n);
    const apart = found.map(({ classes }, i) => {
      const { label, score = NaN } = expected[i] ?? {};
      return Math.abs((classes.find((one) => one.label === label)?.score ?? NaN) - score);
    });
    expect(Math.max(...apart)).toBeLessThan(tolerance);
    // Where nothing leads, pixels that differ by a fraction of a level decide which is first.
    const led = found.filter((_, i) => (expected[i]?.lead ?? NaN) > clear);
    expect(led.length).toBeGreaterThan((0.5 * 280) / n);
    expect(led.map(({ seq, classes: [best] }) => `${seq} ${best?.label}`)).toEqual(
      expected.filter(({ lead }) => lead > clear).map(({ seq, label }) => `${seq} ${label}`),
    );
  });
});

describe('videoFile', () => {
  const times = (options: VideoFileOptions) =>
    lastValueFrom(
      videoFile(file, { resize: { width: 8, height: 8 }, ...options }).pipe(
        map(({ label }) => label.timestamp),
        toArray(),
      ),
    );

  it('a part of it', async () => {
    expect(await times({ start: 13, end: 13.5 })).toEqual(
      byNode.timestamps.filter((time) => time >= 13e6 && time < 13.5e6),
    );
    expect(await times({ start: 0.01, end: 0.1 })).toEqual([50_000]);
  });

  it('by URL, and twice at once', async () => {
    const read = () =>
      lastValueFrom(
        videoFile(new URL(clip, location.href)).pipe(
          take(3),
          map(({ data }) => [data.width, data.height]),
          toArray(),
        ),
      );
    expect(await Promise.all([read(), read()])).toEqual([
      [
        [640, 360],
        [640, 360],
        [640, 360],
      ],
      [
        [640, 360],
        [640, 360],
        [640, 360],
      ],
    ]);
  });

  it('lets go of a file that is left half-way', async () => {
    for (let i = 0; i < 20; i++)
      await lastValueFrom(videoFile(file, { resize: { width: 8, height: 8 } }).pipe(take(2)));
  });

  it.each<[string, () => Blob | URL, string]>([
    ['a picture', () => new URL(photo, location.href), 'not-a-video'],
    ['a file of a few bytes', () => new File(['nothing'], 'a.mp4'), 'not-a-video'],
    ['an empty file', () => new File([], 'a.mp4'), 'not-a-video'],
    ['the first bytes of a video', () => new File([file.slice(0, 3000)], 'a.mp4'), 'any'],
    ['a URL with nothing behind it', () => new URL('/nothing.mp4', 'http://127.0.0.1:9'), 'not-found'],
  ])('says what is wrong with %s', async (_, where, code) => {
    const error: unknown = await lastValueFrom(videoFile(where())).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'SourceError' });
    if (code !== 'any') expect(error).toMatchObject({ code });
  });

  it.each<[string, unknown, object, string]>([
    ['a path', 'clip.mp4', {}, 'takes a File, a Blob or a URL'],
    ['nothing', undefined, {}, 'takes a File, a Blob or a URL'],
    ['a start that is none', new Blob(), { start: -1 }, 'start must be a number of seconds'],
    ['an end before the start', new Blob(), { start: 2, end: 1 }, 'start must be before end'],
    ['a size that is none', new Blob(), { resize: { width: 0, height: 1 } }, 'width must be'],
  ])('refuses %s', (_, where, options, message) => {
    expect(() => videoFile(where as Blob, options)).toThrow(message);
  });
});
