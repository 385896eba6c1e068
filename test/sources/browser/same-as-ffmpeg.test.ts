import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResizeOptions } from '../../../src/preprocess/fit.ts';
import { frameLayout, onBlack, type FrameLayout } from '../../../src/sources/browser/frame-layout.ts';
import type { Planes } from '../../../src/sources/browser/planes.ts';
import { PlanesToRgb } from '../../../src/sources/browser/planes-to-rgb.ts';
import { colourOf, type Range } from '../../../src/sources/colour.ts';
import { filterGraph } from '../../../src/sources/ffmpeg/filters.ts';
import { ffmpegs } from '../../support/media.ts';

// The tolerance is 0: Node's pixels, which ffmpeg makes, and those that a page makes of the same planes are the same bytes.
// Found so with ffmpeg's builds of 2018, 5.1, 7.0.2 and 8.1.2 on x86. SLUICE_TEST_FFMPEG names more to try.

interface Picture {
  readonly format: 'I420' | 'I422' | 'I444';
  readonly width: number;
  readonly height: number;
  /** Width over height of one stored pixel. */
  readonly aspect: readonly [number, number];
  readonly rotation: 0 | 90 | 180 | 270;
  readonly matrix: string | undefined;
  readonly range: Range;
  readonly resize: ResizeOptions | undefined;
  /** What its bytes are drawn from. */
  readonly seed: number;
}

const PIXEL_FORMATS = { I420: 'yuv420p', I422: 'yuv422p', I444: 'yuv444p' } as const;
const TURNS = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;

function planes({ format, width, height, seed }: Picture): Planes {
  const columns = format === 'I444' ? width : Math.ceil(width / 2);
  const rows = format === 'I420' ? Math.ceil(height / 2) : height;
  let state = seed;
  const bytes = Uint8Array.from({ length: width * height + 2 * columns * rows }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  const layout = [
    { offset: 0, stride: width },
    { offset: width * height, stride: columns },
    { offset: width * height + columns * rows, stride: columns },
  ];
  return { format, width, height, bytes, layout };
}

function squared({ width, height, aspect: [across, down] }: Picture): readonly [number, number] {
  const aspect = across / down;
  return [
    aspect > 1 ? Math.round(width * aspect) : width,
    aspect < 1 ? Math.max(1, Math.round(height / aspect)) : height,
  ];
}

function layoutOf(picture: Picture): FrameLayout {
  const { width, height, aspect, rotation, resize } = picture;
  const [squarePixelWidth, squarePixelHeight] = squared(picture);
  const pixelAspect = aspect[0] / aspect[1];
  return frameLayout({ width, height, squarePixelWidth, squarePixelHeight, pixelAspect, rotation }, resize);
}

function byPage(picture: Picture): Uint8Array {
  const { height, rotation, matrix, range } = picture;
  const layout = layoutOf(picture);
  const converter = new PlanesToRgb(planes(picture), {
    colour: colourOf({ pixelFormat: PIXEL_FORMATS[picture.format], matrix, range, height }),
    turn: { rotation, flip: false },
    part: layout.part,
    size: layout.place,
  });
  const rgb = onBlack(converter.convert(planes(picture)), layout);
  return new Uint8Array(rgb.buffer);
}

function byFfmpeg(ffmpeg: string, picture: Picture): Uint8Array {
  const { format, width, height, aspect, rotation, matrix, range, resize } = picture;
  const pixelFormat = PIXEL_FORMATS[format];
  const [wide, high] = squared(picture);
  const { graph } = filterGraph(
    {
      container: 'raw',
      codec: 'rawvideo',
      width: rotation % 180 === 0 ? wide : high,
      height: rotation % 180 === 0 ? high : wide,
      storedWidth: width,
      storedHeight: height,
      pixelAspect: aspect[0] / aspect[1],
      rotation,
      pixelFormat,
      matrix,
      range,
      primaries: undefined,
      transfer: undefined,
      interlaced: false,
      durationSeconds: undefined,
      startSeconds: 0,
      frameRate: undefined,
      estimatedFrames: 1,
      still: true,
      stream: 0,
      isDefault: false,
    },
    { resize },
  );
  // What ffmpeg does with a file's own aspect and display matrix before the graph sees a frame.
  const before = [`setsar=${aspect.join('/')}`, ...TURNS[rotation]].join(',');
  const { status, stdout, stderr } = spawnSync(
    ffmpeg,
    [
      ...['-v', 'error', '-f', 'rawvideo', '-pix_fmt', pixelFormat, '-s', `${width}x${height}`, '-i', 'pipe:0'],
      ...['-filter_complex', graph.replace('[0:0]', `[0:0]${before},`)],
      ...['-map', '[pixels]', '-f', 'rawvideo', 'pipe:1', '-map', '[times]', '-f', 'null', '-'],
    ],
    { input: planes(picture).bytes, maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(stderr.toString());
  return new Uint8Array(stdout);
}

/** How many bytes differ, and by how much at most. */
function apart(a: Uint8Array, b: Uint8Array): { length: number; differ: number; most: number } {
  const differences = a.map((value, i) => Math.abs(value - (b[i] ?? NaN)));
  return {
    length: Math.abs(a.length - b.length),
    differ: differences.filter((difference) => difference !== 0).length,
    most: differences.reduce((most, difference) => Math.max(most, difference), 0),
  };
}

const SAME = { length: 0, differ: 0, most: 0 };

const plain: Picture = {
  format: 'I420',
  width: 64,
  height: 48,
  aspect: [1, 1],
  rotation: 0,
  matrix: 'bt709',
  range: 'limited',
  resize: undefined,
  seed: 1,
};

describe.each(ffmpegs)('what a page makes of planes is what ffmpeg makes: $name', ({ file }) => {
  it.each<[string, Partial<Picture>]>([
    ['at its own size', {}],
    ['at its own odd size', { width: 61, height: 47 }],
    ['one pixel', { width: 1, height: 1 }],
    ['two by two', { width: 2, height: 2 }],
    ['three by one', { width: 3, height: 1 }],
    ['one pixel, enlarged', { width: 1, height: 1, resize: { width: 7, height: 5, fit: 'fill' } }],
    ['three by one, enlarged', { width: 3, height: 1, resize: { width: 64, height: 48, fit: 'contain' } }],
    ['to one pixel', { width: 150, height: 150, resize: { width: 1, height: 1 } }],
    ['a clip for MobileNet', { width: 640, height: 360, resize: { width: 224, height: 224, centralFraction: 0.875 } }],
    ['full HD for MobileNet', { width: 1920, height: 1080, resize: { width: 224, height: 224 } }],
    ['a portrait of a phone', { width: 1280, height: 720, rotation: 90, resize: { width: 227, height: 227 } }],
    ['only lower', { resize: { width: 64, height: 20, fit: 'fill' } }],
    ['only narrower', { resize: { width: 20, height: 48, fit: 'fill' } }],
    ['wider and lower', { resize: { width: 100, height: 20, fit: 'fill' } }],
    ['one column less', { width: 300, height: 200, resize: { width: 299, height: 200, fit: 'fill' } }],
    ['four times as large', { resize: { width: 256, height: 192 } }],
    ['between bars', { resize: { width: 50, height: 50, fit: 'contain' } }],
    ['a part at an odd place', { width: 63, height: 49, resize: { width: 32, height: 32, centralFraction: 0.61 } }],
    ['wide pixels', { width: 90, height: 72, aspect: [16, 11] }],
    ['high pixels, cropped', { width: 90, height: 72, aspect: [1, 2], resize: { width: 40, height: 40 } }],
    [
      'wide pixels, turned',
      { width: 90, height: 72, aspect: [4, 3], rotation: 270, resize: { width: 30, height: 30 } },
    ],
    ['untagged, of 719 lines', { width: 40, height: 719, matrix: undefined, resize: { width: 20, height: 300 } }],
    ['untagged, of 720 lines', { width: 40, height: 720, matrix: undefined, resize: { width: 20, height: 300 } }],
  ])('%s', (_, changes) => {
    const picture = { ...plain, ...changes };
    expect(apart(byFfmpeg(file, picture), byPage(picture))).toEqual(SAME);
  });

  const matrices = ['bt709', 'bt470bg', 'smpte170m', 'smpte240m', 'fcc', 'bt2020nc'];
  it.each(matrices.flatMap((matrix) => [[matrix, 'limited'] as const, [matrix, 'full'] as const]))(
    'every colour by %s, %s range',
    (matrix, range) => {
      // Noise has all of them, also those that no camera gives.
      const picture: Picture = { ...plain, format: 'I444', width: 500, height: 200, matrix, range };
      expect(apart(byFfmpeg(file, picture), byPage(picture))).toEqual(SAME);
    },
  );

  it('any picture, in any size, turned, cropped and framed', { timeout: 120_000 }, () => {
    const side = (most: number) => fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: most }));
    const resize = fc.record({
      width: side(150),
      height: side(150),
      fit: fc.constantFrom('cover' as const, 'contain' as const, 'fill' as const),
      centralFraction: fc.oneof(fc.constant(1), fc.double({ min: 0.1, max: 1, noNaN: true })),
    });
    const pictures = fc
      .record({
        format: fc.constantFrom('I420' as const, 'I420' as const, 'I422' as const, 'I444' as const),
        width: side(400),
        height: side(400),
        aspect: fc.constantFrom([1, 1] as const, [4, 3] as const, [16, 11] as const, [1, 2] as const),
        rotation: fc.constantFrom(0 as const, 90 as const, 180 as const, 270 as const),
        matrix: fc.constantFrom(undefined, ...matrices),
        range: fc.constantFrom('limited' as const, 'full' as const),
        resize: fc.option(resize, { nil: undefined }),
        seed: fc.integer({ min: 1 }),
      })
      // ffmpeg turns these by way of another format.
      .filter(({ format, rotation }) => format !== 'I422' || rotation % 180 === 0)
      .filter((picture) => {
        const { part, place } = layoutOf(picture);
        return part.width < 150 * place.width && part.height < 150 * place.height;
      });
    fc.assert(
      fc.property(pictures, (picture) => {
        expect(apart(byFfmpeg(file, picture), byPage(picture))).toEqual(SAME);
      }),
      { numRuns: 60 },
    );
  });

  it('nearly, where it shrinks to less than 1/160: ffmpeg does that in two steps', () => {
    const picture: Picture = { ...plain, width: 1920, height: 1080, resize: { width: 6, height: 6, fit: 'fill' } };
    const { length, most } = apart(byFfmpeg(file, picture), byPage(picture));
    expect(length).toBe(0);
    expect(most).toBeLessThanOrEqual(3);
  });
});
