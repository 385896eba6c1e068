import { concatMap, firstValueFrom, lastValueFrom, map, take, toArray, type Observable } from 'rxjs';
import { classify, sampleFrames, preprocess, useEngine, type Frame, type Pixels } from 'sluice';
import { videoFile, type VideoFileOptions } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import clip from '../../samples/cockatoo.mp4?url';
import photo from '../data/squirrel_cls.jpg?url';
import type { NodeFrames } from './node-frames.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

let byNode: NodeFrames;
let file: File;

beforeAll(async () => {
  byNode = JSON.parse(await (commands as unknown as { nodeFrames(): Promise<string> }).nodeFrames()) as NodeFrames;
  file = new File([await (await fetch(clip)).blob()], 'cockatoo.mp4');
});

/** Each picture's size and the SHA-256 of its bytes. */
async function hashes(pictures: Observable<Frame<Pixels>>): Promise<string[]> {
  const taken = pictures.pipe(
    map(({ data }) => data),
    concatMap(async ({ width, height, data }) => {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(data)));
      return `${width}×${height} ${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    }),
    toArray(),
  );
  return lastValueFrom(taken);
}

/** The file with this display matrix, as a phone writes it. */
function withMatrix(file: Uint8Array<ArrayBuffer>, matrix: readonly [number, number, number, number]) {
  const at = new TextDecoder('latin1').decode(file).indexOf('tkhd') + 44;
  const view = new DataView(file.buffer);
  [0, 4, 12, 16].forEach((offset, i) => view.setInt32(at + offset, (matrix[i] ?? 0) * 0x10000));
  return file;
}

function reflected({ width, height, data }: Pixels, [across, , , down]: readonly [number, number, number, number]) {
  return data.map((_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const [left, top] = [across < 0 ? width - 1 - x : x, down < 0 ? height - 1 - y : y];
    return data[(top * width + left) * 3 + (i % 3)] ?? NaN;
  });
}

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

  it('all pictures, byte for byte', async () => {
    const { preprocess: resize } = await mobilenetV1();
    const found = await hashes(videoFile(file, { resize }));
    expect(found).toHaveLength(280);
    expect(found).toEqual(byNode.pictures);
  });

  it('also what is shown otherwise than it is stored, in any size', async () => {
    expect(byNode.otherwise).toHaveLength(5);
    for (const { name, bytes, sizes } of byNode.otherwise) {
      const other = new File([Uint8Array.from(atob(bytes), (letter) => letter.codePointAt(0) ?? 0)], `${name}.mp4`);
      for (const { resize, pictures } of sizes) {
        const found = await hashes(videoFile(other, resize ? { resize } : {}));
        expect(found).toHaveLength(3);
        expect(found, `${name}, ${JSON.stringify(resize)}`).toEqual(pictures);
      }
    }
  });

  it.each([
    ['left and right', [-1, 0, 0, 1]],
    ['top and bottom', [1, 0, 0, -1]],
  ] as const)('mirrored, %s, by the file itself', async (_, matrix) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const mirrored = new File([withMatrix(bytes, matrix)], 'mirrored.mp4');
    const [plain, other] = await Promise.all(
      [file, mirrored].map((where) => firstValueFrom(videoFile(where).pipe(map(({ data }) => data)))),
    );
    expect([other?.width, other?.height]).toEqual([640, 360]);
    expect(other?.data).toEqual(plain && reflected(plain, matrix));
  });

  // From the same pixels wasm computes the same scores; a GPU adds up in another order. In software it takes minutes for all frames.
  it.each([
    { engine: 'wasm', n: import.meta.env['ALL_FRAMES'] ? 1 : 5, tolerance: 1e-6 },
    { engine: 'webgl', n: import.meta.env['ALL_FRAMES'] ? 1 : 28, tolerance: 1e-4 },
  ] as const)('the same best class, the same score: $engine, one frame in $n', { timeout: 600_000 }, async (given) => {
    const { engine, n, tolerance } = given;
    await useEngine(engine, { wasmPaths: WASM_PATHS });
    const net = await mobilenetV1();
    const found = await lastValueFrom(
      videoFile(file, { resize: net.preprocess }).pipe(
        sampleFrames({ n }),
        preprocess(net.preprocess),
        net.pipeline,
        classify({ labels: net.labels, top: 1 }),
        toArray(),
      ),
    );
    const expected = byNode.labels.filter(({ seq }) => seq % n === 0);
    expect(expected).toHaveLength(280 / n);
    expect(found.map(({ seq, classes: [best] }) => `${seq} ${best?.label}`)).toEqual(
      expected.map(({ seq, label }) => `${seq} ${label}`),
    );
    const apart = found.map(({ classes: [best] }, i) => Math.abs((best?.score ?? NaN) - (expected[i]?.score ?? NaN)));
    expect(Math.max(...apart)).toBeLessThan(tolerance);
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

describe('a file with several streams, or a clock that starts elsewhere', () => {
  const fileOf = ({ name, bytes }: { readonly name: string; readonly bytes: string }) =>
    new File([Uint8Array.from(atob(bytes), (letter) => letter.codePointAt(0) ?? 0)], name);
  const read = (given: { readonly name: string; readonly bytes: string }, options: VideoFileOptions = {}) =>
    lastValueFrom(
      videoFile(fileOf(given), options).pipe(
        map(({ data: { width, height }, label: { timestamp } }) => `${width}x${height} ${timestamp}`),
        toArray(),
      ),
    );

  it('gives the frames of Node, with the times of Node', async () => {
    expect(byNode.streams.map(({ name }) => name)).toEqual(['late.mkv', 'offset.ts', 'two.mkv', 'marked.mkv']);
    for (const clip of byNode.streams) {
      for (const { options, frames } of clip.reads) {
        expect(await read(clip, options), `${clip.name} ${JSON.stringify(options)}`).toEqual(frames);
      }
    }
  });

  it('says which stream is read, and which ones there are', async () => {
    const [, , two] = byNode.streams;
    if (!two) throw new Error('there is no such clip');
    const told: string[] = [];
    const onWarning: VideoFileOptions['onWarning'] = ({ code, message }) => told.push(`${code}: ${message}`);
    await read(two, { onWarning });
    await read(two, { onWarning, stream: 0 });
    expect(told).toEqual([
      'stream: two.mkv: the file has 2 video streams: 0 (avc, 64x36, default), 1 (avc, 128x72, default). Stream 1 is read; the option `stream` chooses another',
    ]);
    const error: unknown = await read(two, { stream: 2 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'no-video-stream',
      message:
        'two.mkv: the file has no video stream 2. Its video streams are 0 (avc, 64x36, default), 1 (avc, 128x72, default)',
    });
  });
});
