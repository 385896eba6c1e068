import * as tf from '@tensorflow/tfjs-core';
import {
  classMap,
  maskOf,
  OptionError,
  segmentation,
  ShapeError,
  useEngine,
  type Segmentation,
  type SegmentationOptions,
  type SegmentationOutputs,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PictureView } from '../../../src/frames/picture-view.ts';
import { NamedTensors } from '../../../src/stage/named-tensors.ts';
import { leakFree } from '../../support/balance.ts';
import { randomFrom } from '../../support/random.ts';
import { agreement, bilinear, eachPixel, nearest, type Grid } from './naive.ts';

beforeAll(() => useEngine('cpu'));

/** A view of a whole picture. */
const wholeOf = (input: number, width: number, height = width): PictureView => ({
  size: { width: input, height: input },
  source: { width, height },
  ...{ left: 0, top: 0, scaleX: width / input, scaleY: height / input },
});

interface Reading {
  readonly settings?: SegmentationOutputs;
  readonly options?: SegmentationOptions;
  readonly labels?: readonly string[];
  readonly view?: PictureView | undefined;
}

async function read(
  values: readonly number[],
  shape: readonly number[],
  reading: Reading = {},
  dtype: 'float32' | 'int32' = 'float32',
): Promise<Segmentation> {
  const { settings = {}, options = {}, labels } = reading;
  const view = 'view' in reading ? reading.view : wholeOf(4, 4);
  const output = tf.tensor([...values], [...shape], dtype);
  try {
    const reader = segmentation(settings).reader(labels, options);
    reader.checkShape(output.shape);
    return await reader.read(output, view);
  } finally {
    output.dispose();
  }
}

const VIEWS: readonly (readonly [string, PictureView])[] = [
  ['a whole picture, larger', wholeOf(12, 30, 20)],
  ['a whole picture, smaller', wholeOf(12, 7, 5)],
  // 30 × 20 in 12 × 12: what cover cuts off, and what contain leaves black.
  ['the middle of a picture', { ...wholeOf(12, 30, 20), left: 5, top: 0, scaleX: 20 / 12, scaleY: 20 / 12 }],
  ['a picture with bars', { ...wholeOf(12, 30, 20), left: 0, top: -5, scaleX: 2.5, scaleY: 2.5 }],
  ['a part of a picture', { ...wholeOf(12, 30, 20), left: 3.7, top: 4.1, scaleX: 1.3, scaleY: 0.7 }],
  ['one pixel', wholeOf(12, 1)],
];

describe.each(VIEWS)('of %s', (_, view) => {
  const random = randomFrom(7);

  it('a map of classes gives each pixel the nearest class', async () => {
    for (const [width, height] of [
      [12, 12],
      [6, 6],
      [5, 5],
    ] as const) {
      const values = Array.from({ length: width * height }, () => Math.floor(random() * 4));
      const grid: Grid = { width, height, at: (row, column) => values[row * width + column] ?? NaN };
      const result = await read(values, [1, height, width], { view }, 'int32');
      expect([...classMap(result)]).toEqual(eachPixel(view, 255, (u, v) => nearest(grid, view, u, v)));
    }
  });

  it.each([
    [false, 'nhwc'],
    [true, 'nhwc'],
    [false, 'nchw'],
    [true, 'nchw'],
  ] as const)('scores are interpolated, and the highest counts (alignCorners %j, %s)', async (alignCorners, layout) => {
    const [width, height, classes] = [7, 6, 3];
    const at = (row: number, column: number, c: number) =>
      layout === 'nhwc' ? (row * width + column) * classes + c : (c * height + row) * width + column;
    const values = Array.from({ length: width * height * classes }, () => random() * 8 - 4);
    const shape = layout === 'nhwc' ? [1, height, width, classes] : [1, classes, height, width];
    const result = await read(values, shape, { view, settings: { alignCorners } });
    const best = eachPixel(view, 255, (u, v) => {
      const scores = Array.from({ length: classes }, (_, c) =>
        bilinear({ width, height, at: (row, column) => values[at(row, column, c)] ?? NaN }, view, u, v, alignCorners),
      );
      return scores.indexOf(Math.max(...scores));
    });
    expect(result.form).toBe('classes');
    expect([...classMap(result)]).toEqual(best);
    const counts = new Map<number, number>();
    for (const index of best) counts.set(index, (counts.get(index) ?? 0) + 1);
    expect(new Map(result.regions.map(({ index, area }) => [index, area]))).toEqual(
      new Map([...counts].filter(([index]) => index !== 255)),
    );
    expect(result.unseen).toBeCloseTo((counts.get(255) ?? 0) / best.length, 12);
    const shares = result.regions.reduce((sum, { share }) => sum + share, result.unseen);
    expect(shares).toBeCloseTo(1, 12);
  });

  it.each([false, true])('a mask is interpolated (alignCorners %j)', async (alignCorners) => {
    const [width, height] = [7, 7];
    const values = Array.from({ length: width * height }, () => random());
    const grid: Grid = { width, height, at: (row, column) => values[row * width + column] ?? NaN };
    const result = await read(values, [1, height, width, 1], { view, settings: { alignCorners }, labels: ['person'] });
    const expected = eachPixel(view, 0, (u, v) => bilinear(grid, view, u, v, alignCorners));
    const bytes = maskOf(result, 'person');
    expect(result.mask).toHaveLength(expected.length);
    for (const [i, value] of expected.entries())
      expect(Math.abs((result.mask?.[i] ?? NaN) - value * 255)).toBeLessThan(0.51);
    if (result.regions.length > 0) expect(bytes).toEqual(result.mask);
    const { mask: _mask, ...fromFile } = result;
    const inside = expected.map((value) => (value >= 0.5 ? 255 : 0));
    expect(agreement(maskOf(fromFile, 'person'), inside)).toBe(1);
    expect(result.regions[0]?.area ?? 0).toBe(inside.filter((value) => value > 0).length);
  });
});

describe('the size of the map', () => {
  const view = { ...wholeOf(12, 30, 20), left: 0, top: -5, scaleX: 2.5, scaleY: 2.5 };
  const values = Array.from({ length: 144 }, (_, i) => (i % 12 < 6 ? 0 : 1));

  it('may be that of the network, with its place and areas in the source picture', async () => {
    const options = { size: 'network' } as const;
    const result = await read(values, [1, 12, 12], { view, options, labels: ['left', 'right'] }, 'int32');
    expect(result.place).toEqual({ width: 12, height: 12, left: 0, top: -5, scaleX: 2.5, scaleY: 2.5 });
    // The bars are two rows at the top and two at the bottom.
    expect([...classMap(result)]).toEqual(values.map((value, i) => (i < 24 || i >= 120 ? 255 : value)));
    expect(result.regions.map(({ label, area, share }) => [label, area, share])).toEqual([
      ['left', 300, 0.5],
      ['right', 300, 0.5],
    ]);
    expect(result.unseen).toBe(0);
  });

  it('is that of the network also where it has more pixels than the source picture, and where it does not see all', async () => {
    const result = await read(values, [1, 12, 12], {
      view: { ...wholeOf(12, 8, 4), left: 2, scaleX: 1 / 3, scaleY: 1 / 3 },
      options: { size: 'network' },
      labels: ['left', 'right'],
    });
    expect(result.unseen).toBeCloseTo(0.5, 12);
    expect(result.regions.map(({ share }) => share)).toEqual([expect.closeTo(0.25, 9), expect.closeTo(0.25, 9)]);
  });

  it('has a limit, which does not hold for the size of the network', async () => {
    const huge = wholeOf(4, 10_000);
    const ones = Array.from({ length: 16 }, () => 1);
    await expect(read(ones, [1, 4, 4], { view: huge }, 'int32')).rejects.toThrow(
      "a map has at most 33554432 pixels, but 10000 × 10000 are 100000000, those of the source picture: with size: 'network' the map has the size of the network's input",
    );
    const small = await read(ones, [1, 4, 4], { view: huge, options: { size: 'network' } }, 'int32');
    expect(small.regions[0]?.area).toBe(100_000_000);
  });

  it('is not known without a view', async () => {
    const none = read([1], [1, 1, 1, 1], { view: undefined });
    await expect(none).rejects.toThrow(
      'pixels cannot be placed in the source picture, because it is not known what the network saw of it: let preprocess or the source resize pictures, with another fit than digit',
    );
  });
});

describe('what an output holds', () => {
  const ints = [0, 1, 1, 0];
  const view = wholeOf(2, 2);

  it('follows from its type without labels', async () => {
    expect((await read(ints, [1, 2, 2], { view }, 'int32')).form).toBe('classes');
    expect((await read(ints, [1, 2, 2], { view })).form).toBe('mask');
    expect((await read(ints, [1, 2, 2, 1], { view }, 'int32')).form).toBe('classes');
    expect((await read(ints, [1, 1, 2, 2], { view })).form).toBe('mask');
  });

  it('follows from the number of labels, else from what is given', async () => {
    expect((await read(ints, [1, 2, 2], { view, labels: ['a', 'b'] })).form).toBe('classes');
    expect((await read(ints, [1, 2, 2], { view, labels: ['a'] }, 'int32')).form).toBe('mask');
    const mask = await read(ints, [1, 2, 2], { view, settings: { outputKind: 'mask' } }, 'int32');
    expect(mask.regions.map(({ label, area }) => [label, area])).toEqual([['foreground', 2]]);
    const classes = await read(ints, [1, 2, 2], { view, settings: { outputKind: 'classes' } });
    expect(classes.regions.map(({ label }) => label)).toEqual(['class 0', 'class 1']);
  });

  it('may be logits of a mask', async () => {
    const settings = { outputKind: 'mask', fromLogits: true } as const;
    const { mask } = await read([-3, 0, 3, 100], [1, 2, 2, 1], { view, settings });
    expect([...(mask ?? [])]).toEqual([12, 128, 243, 255]);
  });

  it.each<[readonly number[], SegmentationOutputs, number | undefined, string]>([
    [[1, 10], {}, undefined, 'but got [1, 10]: choose the output of the model that says what each pixel shows'],
    [[1, 1001], {}, 1001, 'but got [1, 1001] and 1001 labels'],
    [[1, 100, 6], {}, undefined, 'but got [1, 100, 6]'],
    [[1, 84, 8400], {}, 80, 'but got [1, 84, 8400] and 80 labels'],
    [[1, 25200, 85], {}, 80, 'but got [1, 25200, 85]'],
    [[1, 1917, 1, 4], {}, undefined, "needs layout: 'nhwc' or 'nchw' for an output [1, 1917, 1, 4]"],
    [[2, 8, 8], {}, undefined, 'but got [2, 8, 8]'],
    [[1, 8, 8, 3, 1], {}, undefined, 'but got [1, 8, 8, 3, 1]'],
    [[1, 0, 8], {}, undefined, 'but got [1, 0, 8]'],
    [[], {}, undefined, 'but got []'],
    [[1, 8, 8, 8], {}, undefined, "needs layout: 'nhwc' or 'nchw' for an output [1, 8, 8, 8]"],
    [[1, 8, 8, 3], {}, 4, 'needs one label for each of 3 classes, but got 4 labels'],
    [[1, 8, 8, 3], { outputKind: 'mask' }, undefined, "needs outputKind: 'scores' for [1, 8, 8, 3], but got 'mask'"],
    [
      [1, 8, 8],
      { outputKind: 'scores' },
      undefined,
      "needs outputKind: 'classes' or 'mask' for [1, 8, 8], but got 'scores'",
    ],
    [[1, 8, 8], { outputKind: 'mask' }, 3, 'needs one label for a mask of one class, but got 3 labels'],
  ])('%j with %j and %j labels is refused', (shape, settings, count, message) => {
    const labels = count === undefined ? undefined : Array.from({ length: count }, (_, i) => `label ${i}`);
    const reader = segmentation(settings).reader(labels);
    expect(() => reader.checkShape(shape)).toThrow(ShapeError);
    expect(() => reader.checkShape(shape)).toThrow(message);
  });

  it('is one output', () => {
    const both = { boxes: [1, 1917, 1, 4], scores: [1, 1917, 90] };
    expect(() => segmentation().reader(undefined).checkShapes?.(both)).toThrow(
      'needs one output: a map [1, h, w], scores [1, h, w, classes] or [1, classes, h, w], or a mask [1, h, w, 1], but got boxes [1, 1917, 1, 4], scores [1, 1917, 90]',
    );
  });

  it.each<[readonly number[], number | undefined]>([
    [[1, 65, 65, 21], 21],
    [[1, 65, 65, 21], undefined],
    [[1, 21, 65, 65], 21],
    [[1, 21, 520, 520], undefined],
    [[1, 150, 65, 65], 150],
    [[1, 2, 2, 4], 2],
    [[1, 144, 256, 2], undefined],
    [[1, 1, 320, 320], 1],
    [[1, 1, 1, 1], undefined],
    [[1, 1, 1], undefined],
    [[1, 257, 257], 21],
  ])('%j with %j labels is taken', (shape, count) => {
    const labels = count === undefined ? undefined : Array.from({ length: count }, (_, i) => `label ${i}`);
    expect(() => segmentation().reader(labels).checkShape(shape)).not.toThrow();
  });

  it('may come as the only one of several', async () => {
    const tensors = new NamedTensors({ map: tf.tensor(ints, [1, 2, 2], 'int32') });
    const { regions } = await segmentation().reader(['a', 'b']).read(tensors, view);
    expect(regions.map(({ label }) => label)).toEqual(['a', 'b']);
    tensors.dispose();
  });
});

describe('values that are none', () => {
  const view = wholeOf(2, 2);
  it.each<[readonly number[], readonly number[], SegmentationOutputs, string]>([
    [[0, 1, NaN, 0, 0, 0, 0, 1], [1, 2, 2, 2], { layout: 'nhwc' }, 'the score of class 0 is NaN in row 0, column 1'],
    [
      [0, 1, 0, Infinity, 0, 0, 0, 1],
      [1, 2, 2, 2],
      { layout: 'nhwc' },
      'the score of class 1 is Infinity in row 0, column 1',
    ],
    [[0.5, 0.5, 0.5, NaN], [1, 2, 2, 1], {}, 'a probability must be from 0 to 1, but the model gives NaN'],
    [[0.5, 0.5, 0.5, 4], [1, 2, 2, 1], {}, 'if it gives logits, set fromLogits'],
    [[0.5, 0.5, 0.5, -0.5], [1, 2, 2, 1], {}, "if it gives numbers of classes, outputKind: 'classes'"],
    [[0, 1, 2, 0.5], [1, 2, 2, 1], { outputKind: 'classes' }, 'from 0 to 65534, but has 0.5'],
    [[0, 1, 2, -1], [1, 2, 2, 1], { outputKind: 'classes' }, 'but has -1'],
    [[0, 1, 2, 70_000], [1, 2, 2, 1], { outputKind: 'classes' }, 'but has 70000'],
    [[NaN, NaN, NaN, NaN], [1, 2, 2, 1], { outputKind: 'classes' }, 'but has NaN'],
  ])('%j of %j fail the frame', async (values, shape, settings, message) => {
    await expect(read(values, shape, { view, settings })).rejects.toThrow(RangeError);
    await expect(read(values, shape, { view, settings })).rejects.toThrow(message);
  });

  it('are classes without a label', async () => {
    await expect(read([0, 1, 2, 3], [1, 2, 2], { view, labels: ['a', 'b', 'c'] }, 'int32')).rejects.toThrow(
      'a pixel is of class 3, but there are 3 labels, the first one of class 0',
    );
  });

  it('are maps of another form than the input', async () => {
    const wide = { ...wholeOf(40, 40), size: { width: 40, height: 10 } };
    await expect(
      read(
        Array.from({ length: 100 }, () => 0),
        [1, 10, 10],
        { view: wide },
        'int32',
      ),
    ).rejects.toThrow(
      "the output [1, 10, 10] has 10 columns and 10 rows, which is not the form of the network's input of 40 × 10 pixels",
    );
  });

  it('may be a little over 1 or under 0', async () => {
    const { mask } = await read([1.0005, -0.0005, 1, 0], [1, 2, 2, 1], { view });
    expect([...(mask ?? [])]).toEqual([255, 0, 255, 0]);
  });
});

describe('regions', () => {
  const LABELS = ['background', 'cat', 'dog', ''];
  // One row of the first class, two of cats, one with three dogs.
  const map = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3];
  const named = async (reading: Reading) =>
    (await read(map, [1, 4, 4], { labels: LABELS, ...reading }, 'int32')).regions.map(({ label, area }) => [
      label,
      area,
    ]);

  it('are those of each class, the largest first', async () => {
    expect(await named({})).toEqual([
      ['cat', 8],
      ['background', 4],
      ['dog', 3],
      ['class 3', 1],
    ]);
  });

  it('have no background if it is said which one that is', async () => {
    expect(await named({ settings: { background: 0 } })).toEqual([
      ['cat', 8],
      ['dog', 3],
      ['class 3', 1],
    ]);
    expect(() => segmentation({ background: 4 }).reader(LABELS)).toThrow(
      'segment: background is class 4, but there are 4 labels',
    );
  });

  it('are chosen by label and by share', async () => {
    expect(await named({ options: { only: ['dog', 'cat'] } })).toEqual([
      ['cat', 8],
      ['dog', 3],
    ]);
    expect(await named({ options: { except: ['cat', 'background'] } })).toEqual([
      ['dog', 3],
      ['class 3', 1],
    ]);
    expect(await named({ options: { minShare: 0.25 } })).toEqual([
      ['cat', 8],
      ['background', 4],
    ]);
    expect(await named({ options: { minShare: 0.6 } })).toEqual([]);
  });

  it('of a mask are the pixels that reach the threshold', async () => {
    const area = async (threshold: number) =>
      (await read([0.2, 0.4, 0.6, 0.8], [1, 2, 2, 1], { view: wholeOf(2, 2), options: { threshold } })).regions[0]
        ?.area;
    expect(await Promise.all([area(0.1), area(0.5), area(0.7), area(1)])).toEqual([4, 2, 1, undefined]);
  });

  it.each<[SegmentationOptions, string]>([
    [{ size: 'half' as never }, 'segment: size must be source or network, not "half"'],
    [{ minShare: 2 }, 'segment: minShare must be a number from 0 to 1, not 2'],
    [{ minShare: NaN }, 'segment: minShare must be a number from 0 to 1, not NaN'],
    [{ threshold: 0 }, 'segment: threshold must be a number over 0 and at most 1, not 0'],
    [{ threshold: '1' as never }, 'segment: threshold must be a number over 0 and at most 1, not "1"'],
    [{ only: ['wolf'] }, 'segment: only has "wolf", which is not a label of the model. It has 4: background, cat, dog'],
    [{ only: [] }, 'segment: only must be a list of labels, not []'],
    [{ except: 'cat' as never }, 'segment: except must be a list of labels, not "cat"'],
    [{ minshare: 0 } as never, 'did you mean minShare?'],
  ])('%j is refused', (options, message) => {
    expect(() => segmentation().reader(LABELS, options)).toThrow(OptionError);
    expect(() => segmentation().reader(LABELS, options)).toThrow(message);
  });

  it.each<[SegmentationOutputs, string]>([
    [{ outputKind: 'pixels' as never }, 'segmentation: outputKind must be one of classes, scores, mask, not "pixels"'],
    [{ layout: 'hwc' as never }, 'segmentation: layout must be nhwc or nchw, not "hwc"'],
    [{ background: -1 }, 'segmentation: background must be a whole number of at least 0, not -1'],
    [{ alignCorners: 1 as never }, 'segmentation: alignCorners must be true or false, not 1'],
    [
      { fromLogits: true },
      "fromLogits is for masks, since the highest logit is the highest score: give outputKind: 'mask'",
    ],
    [{ outputKind: 'mask', background: 0 }, 'background is for classes, but outputKind is mask: leave it out'],
  ])('of the settings %j are refused', (settings, message) => {
    expect(() => segmentation(settings)).toThrow(OptionError);
    expect(() => segmentation(settings)).toThrow(message);
  });

  it('leave no tensor behind', async () => {
    const regions = await leakFree(() => named({}));
    expect(regions).toHaveLength(4);
  });
});
