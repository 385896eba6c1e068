import { createCanvas } from '@napi-rs/canvas';
import * as tf from '@tensorflow/tfjs-core';
import { from, lastValueFrom, toArray } from 'rxjs';
import {
  aggregate,
  batch,
  classMap,
  csvWriter,
  frameSource,
  importModel,
  infer,
  jsonWriter,
  maskOf,
  ndjsonWriter,
  OptionError,
  outlines,
  outputs,
  preprocess,
  readModel,
  regression,
  segmentation,
  segments,
  taskFromSpec,
  unbatch,
  useEngine,
  webvttWriter,
  writeModel,
  writeWith,
  type Model,
  type Pixels,
  type Region,
  type ResultWriter,
  type Segmentation,
  type SegmentationOptions,
  type StoredResult,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { NamedTensors } from '../../../src/stage/named-tensors.ts';
import { watchFormulas } from '../../../src/sinks/files/formula-watch.ts';
import { readOutputs } from '../../../src/tasks/read-outputs.ts';
import { encodeRuns } from '../../../src/tasks/segmentation/rle.ts';
import { constantFiles } from '../../support/own-detector.ts';
import { fileOf, floats, node, tiny } from '../../models/onnx/tiny.ts';
import { TfliteWriter } from '../../models/tflite/tflite-writer.ts';

const PICTURE = { width: 4, height: 4 };
const LABELS = ['cat', 'dog', 'fox'];
const task = segmentation();

/** A region of these columns of a picture of 4 × 4. */
function region(label: string, first: number, columns: number, more: Partial<Region> = {}): Region {
  const rle = encodeRuns(columns === 0 ? [] : [4 * first, 4 * (first + columns)], 4, 4);
  return { index: LABELS.indexOf(label), label, area: 4 * columns, share: columns / 4, rle, ...more };
}

const result = (...regions: readonly Region[]): Segmentation => ({
  ...{ form: 'classes', regions, unseen: 0, picture: PICTURE },
});
const text = async (writer: ResultWriter<string, Segmentation>, results: readonly StoredResult<Segmentation>[]) =>
  (await lastValueFrom(from(results).pipe(writeWith(writer), toArray()))).join('');
const frames = (...all: readonly Segmentation[]) =>
  all.map((one, seq) => ({ source: 'clip.mp4', seq, timestamp: seq * 40_000, ...one }));

describe('results', () => {
  const two = result(region('dog', 1, 3), region('cat', 0, 1));

  it('have their labels as captions, the largest region first', () => {
    expect(task.captions(two)).toEqual([
      { label: 'dog', score: 0.75 },
      { label: 'cat', score: 0.25 },
    ]);
    expect(task.captions(result())).toEqual([]);
  });

  it('come back from files as they were, but for the probabilities of a mask', async () => {
    const mask = new Uint8Array(16).fill(200);
    const soft: Segmentation = { ...result(region('dog', 0, 4)), form: 'mask', mask };
    const network = { ...two, place: { ...PICTURE, left: -1, top: 0, scaleX: 2, scaleY: 2 } };
    const lines = (await text(ndjsonWriter({ task }), frames(two, soft, network, result()))).trim().split('\n');
    const again = lines.map((line) => JSON.parse(line) as Segmentation);
    expect(again[0]).toMatchObject(two);
    expect(again[1]).toEqual({ ...frames(two, soft)[1], mask: undefined });
    expect(again[2]).toMatchObject(network);
    expect(again[3]).toMatchObject({ regions: [], picture: PICTURE });
    for (const one of again) expect(task.stored(one)).toEqual(task.stored(task.stored(one)));
    expect(classMap(again[0] as Segmentation)).toEqual(classMap(two));
    expect([...maskOf(soft, 'dog')]).toEqual([...mask]);
    expect([...maskOf(again[1] as Segmentation, 'dog')]).toEqual([...mask].map(() => 255));
    expect(outlines(again[0] as Segmentation, { tolerance: 0 })).toEqual(outlines(two, { tolerance: 0 }));
    const whole = JSON.parse(await text(jsonWriter({ task }), frames(two))) as Segmentation[];
    expect(whole[0]).toEqual(again[0]);
  });

  it('are rounded in files, with a row for each region', async () => {
    const odd = result(region('dog', 1, 3, { area: 11.98765, share: 0.123456789 }), region('cat', 0, 1));
    expect(task.stored(odd).regions[0]).toMatchObject({ area: 11.99, share: 0.123457 });
    expect(task.rows(odd)).toEqual([
      { index: 1, label: 'dog', area: 11.99, share: 0.123457, rle: '{"size":[4,4],"counts":"4<"}' },
      { index: 0, label: 'cat', area: 4, share: 0.25, rle: '{"size":[4,4],"counts":"04<"}' },
    ]);
    expect(Object.keys(task.rows(result())[0] ?? {})).toEqual(task.columns.map(({ name }) => name));
    const table = (await text(csvWriter({ task }), frames(odd, result()))).trim().split('\r\n');
    expect(table).toEqual([
      'source,seq,timestamp,index,label,area,share,rle',
      'clip.mp4,0,0,1,dog,11.99,0.123457,"{""size"":[4,4],""counts"":""4<""}"',
      'clip.mp4,0,0,0,cat,4,0.25,"{""size"":[4,4],""counts"":""04<""}"',
      'clip.mp4,1,40000,,,,,',
    ]);
  });

  it('keep their run lengths in files for spreadsheets, and labels are not taken for formulas because of them', async () => {
    // 11 pixels outside, 13 inside: it looks like a formula behind a separator.
    const rle = encodeRuns([11, 24], 6, 4);
    expect(rle.counts).toBe(';=');
    const cell = '"{""size"":[6,4],""counts"":"";=""}"';
    const told: string[] = [];
    for (const [label, shown] of [
      ['dog', 'dog'],
      ['=dog', "'=dog"],
    ] as const) {
      const one = frames(result({ ...region('dog', 0, 1, { rle }), label }));
      const table = await text(csvWriter({ task, spreadsheet: true }), one);
      expect(table).toContain(`,1,${shown},4,0.25,${cell}`);
      watchFormulas(csvWriter({ task }), task, (what) => told.push(what))
        .open()
        .write(one[0] as never);
    }
    expect(told).toEqual(['=dog']);
  });

  it('are subtitles: what is largest, for as long as it is', async () => {
    const times = frames(two, two, result(region('fox', 0, 4)), result());
    expect(await text(webvttWriter({ task }), times)).toContain('00:00:00.000 --> 00:00:00.080\ndog');
    const spans = await lastValueFrom(from(times).pipe(segments(task), toArray()));
    expect(spans.map(({ label }) => label)).toEqual(['dog', 'fox']);
  });

  it('read with other options are reduced to these', () => {
    expect(task.select(two, { minShare: 0.5 }).regions.map(({ label }) => label)).toEqual(['dog']);
    expect(task.select(two, { except: ['dog'] }).regions.map(({ label }) => label)).toEqual(['cat']);
    expect(task.select(two, { only: ['fox'] }).regions).toEqual([]);
    expect(() => task.select(two, { minShare: 3 })).toThrow(OptionError);
  });

  it('of several frames are the mean shares, with the pixels of the frame with the most', async () => {
    const times = frames(two, result(region('dog', 0, 1)), result(), result(region('cat', 2, 2)));
    const [whole] = await lastValueFrom(from(times).pipe(aggregate('file', { task }), toArray()));
    expect(whole?.regions.map(({ label, area, share, rle }) => [label, area, share, rle])).toEqual([
      ['dog', 4, 0.25, region('dog', 1, 3).rle],
      ['cat', 3, 0.1875, region('cat', 2, 2).rle],
    ]);
    const options = { minShare: 0.2 };
    const [few] = await lastValueFrom(from(times).pipe(aggregate('file', { task, ...options }), toArray()));
    expect(few?.regions.map(({ label }) => label)).toEqual(['dog']);
    const aggregator = task.aggregator(options);
    for (const one of times) aggregator.add(one);
    expect(aggregator.take().regions.map(({ label }) => label)).toEqual(['dog']);
    expect(aggregator.take()).toEqual({ form: 'classes', regions: [], unseen: 0, picture: { width: 0, height: 0 } });
    expect(task.optionsToAggregate({ minShare: 0.5, only: ['dog'] })).toEqual({ only: ['dog'] });
    expect(() => task.aggregator({ minShare: -1 })).toThrow(OptionError);
  });

  it('of frames of several sizes have the pixels of the first size', () => {
    const aggregator = task.aggregator({});
    aggregator.add(result(region('cat', 0, 1)));
    const large = { width: 40, height: 40 };
    const rle = encodeRuns([0, 1600], 40, 40);
    aggregator.add({ ...result({ index: 1, label: 'dog', area: 1600, share: 1, rle }), picture: large, unseen: 0.5 });
    const mean = aggregator.take();
    expect(mean.picture).toEqual(PICTURE);
    expect(mean.unseen).toBe(0.25);
    expect(mean.regions.map(({ label, area, share }) => [label, area, share])).toEqual([
      ['dog', 800, 0.5],
      ['cat', 2, 0.125],
    ]);
    expect([...maskOf(mean, 'dog')]).toEqual(Array.from({ length: 16 }, () => 0));
  });
});

describe('a drawing', () => {
  function painted(given: Segmentation, width: number, height: number) {
    const context = createCanvas(width, height).getContext('2d');
    task.overlay(given, { width, height })?.paint(context);
    return (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data];
  }

  it('tints each region in a picture of any size, from a file as well', () => {
    const stored = JSON.parse(
      JSON.stringify(task.stored(result(region('dog', 1, 2), region('cat', 3, 1)))),
    ) as Segmentation;
    for (const scale of [25, 100]) {
      const at = painted(stored, 4 * scale, 4 * scale);
      // Away from the labels, which are in the middle of the height.
      const y = scale / 2;
      expect(at(scale - 1, y)).toEqual([0, 0, 0, 0]);
      expect(at(scale, y)[3]).toBeGreaterThan(110);
      expect(at(3 * scale - 1, y)).toEqual(at(scale, y));
      expect(at(3 * scale, y)).not.toEqual(at(scale, y));
      // No seam between columns, and none painted twice.
      for (let x = scale; x < 3 * scale; x++) expect(at(x, y)).toEqual(at(scale, y));
    }
    // Smaller than the map: some of its pixels have no room.
    expect(painted(stored, 2, 2)(1, 0)[3]).toBeGreaterThan(0);
  });

  it('darkens what a mask leaves out', () => {
    const mask = { ...result(region('dog', 1, 1)), form: 'mask' as const };
    const at = painted(mask, 40, 40);
    expect(at(5, 5)[3]).toBeGreaterThan(130);
    expect(at(15, 5)[3]).toBe(0);
    expect(at(25, 35)[3]).toBeGreaterThan(130);
    const all = painted({ ...mask, regions: [region('dog', 0, 4)] }, 40, 40);
    expect(all(0, 0)[3]).toBe(0);
  });

  it('is where the map is', () => {
    const place = { ...PICTURE, left: 50, top: 0, scaleX: 25, scaleY: 25 };
    const at = painted({ ...result(region('dog', 0, 4)), picture: { width: 100, height: 100 }, place }, 100, 100);
    expect(at(49, 10)[3]).toBe(0);
    expect(at(50, 10)[3]).toBeGreaterThan(110);
  });

  it('names regions in themselves, without control characters', () => {
    const drawn: [string, number, number][] = [];
    const context = {
      ...{ fillStyle: '', font: '', textBaseline: 'top' },
      fillRect: () => undefined,
      fillText: (what: string, x: number, y: number) => void drawn.push([what, x, y]),
    };
    const named = result(region('dog', 2, 2, { label: 'a\ndog' }), region('cat', 0, 1, { share: 0.034 }));
    task.overlay(named, { width: 400, height: 400 })?.paint(context as never);
    expect(drawn.map(([what]) => what)).toEqual(['a dog 50 %', 'cat 3.4 %']);
    expect(drawn[0]?.[1]).toBeGreaterThan(150);
    expect(drawn[1]?.[1]).toBeLessThan(100);
  });

  it('of no region is none, and of a damaged mask an error', () => {
    expect(task.overlay(result(), PICTURE)).toBeUndefined();
    const damaged = result(region('dog', 0, 1, { rle: { size: [4, 4], counts: '!' } }));
    expect(() => painted(damaged, 8, 8)).toThrow(OptionError);
    const other = result(region('dog', 0, 1, { rle: encodeRuns([], 8, 8) }));
    expect(() => painted(other, 8, 8)).toThrow('its size is 8 × 8, but the map has 4 × 4');
  });
});

/** A picture of 8 × 8 pixels: red on the left, green in the middle, blue on the right. */
const stripes: Pixels = (() => {
  const data = new Uint8Array(8 * 8 * 3);
  for (let i = 0; i < 64; i++) data[3 * i + (i % 8 < 4 ? 0 : i % 8 < 6 ? 1 : 2)] = 255;
  return { width: 8, height: 8, channels: 3, data };
})();
const seen = async (model: Model<Segmentation, SegmentationOptions>, options: SegmentationOptions = {}) => {
  const source = frameSource([{ data: stripes, timestamp: 0 }], { source: 'x' });
  const [first] = await lastValueFrom(source.pipe(infer(model, options), toArray()));
  return first?.regions.map(({ label, area }) => [label, area]);
};
const RAW = { normalize: { range: [0, 1] } } as const;
const COLOURS = ['red', 'green', 'blue'];
const IDENTITY = floats([3, 3, 1, 1], 1, 0, 0, 0, 1, 0, 0, 0, 1);

/** A file of ONNX whose scores are the colours of each pixel. */
const onnx = () => fileOf(tiny([1, 3, 8, 8], [node('Conv', ['x', 'w'], 'y')], { w: IDENTITY }));

/** A file of TensorFlow Lite that does the same. */
function tflite(): File {
  const writer = new TfliteWriter();
  const kernel = writer.constant([3, 1, 1, 3], Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
  const options = [{ byte: 1 }, { int: 1 }, { int: 1 }, { byte: 0 }];
  const output = writer.op('CONV_2D', [writer.input([1, 8, 8, 3]), kernel], [1, 8, 8, 3], options);
  return new File([writer.finish([output])], 'colours.tflite');
}

describe('importModel with segmentation()', () => {
  beforeAll(() => useEngine('cpu'));

  it.each([
    ['ONNX', onnx],
    ['TensorFlow Lite', tflite],
  ])('reads scores of %s', async (_, file) => {
    const model = await importModel([file()], { ...RAW, task: segmentation(), labels: COLOURS });
    expect(await seen(model)).toEqual([
      ['red', 32],
      ['green', 16],
      ['blue', 16],
    ]);
    expect(await seen(model, { only: ['blue'] })).toEqual([['blue', 16]]);
  });

  it.each(['wasm', 'onnxruntime'] as const)('gives the same on %s', async (engine) => {
    await useEngine(engine);
    const model = await importModel([onnx()], { ...RAW, task: segmentation(), labels: COLOURS });
    expect(await seen(model)).toEqual([
      ['red', 32],
      ['green', 16],
      ['blue', 16],
    ]);
    await useEngine('cpu');
  });

  it('reads the map of classes of a Keras model, also after a batch', async () => {
    const rows = Array.from({ length: 64 }, (_, i) => (i < 16 ? 0 : 1));
    const model = await importModel(constantFiles([8, 8], rows), {
      ...RAW,
      task: segmentation(),
      labels: ['up', 'down'],
    });
    expect(await seen(model)).toEqual([
      ['down', 48],
      ['up', 16],
    ]);
    const source = frameSource(
      [0, 1].map((timestamp) => ({ data: stripes, timestamp })),
      { source: 'x' },
    );
    const reading = readOutputs(segmentation().reader(['up', 'down']));
    const batched = source.pipe(preprocess(model.preprocess), batch({ size: 2 }), model.pipeline, unbatch(), reading);
    const results = await lastValueFrom(batched.pipe(toArray()));
    expect(results.map(({ regions }) => regions.length)).toEqual([2, 2]);
  });

  it.each<[string, () => File[], readonly string[] | undefined, string]>([
    [
      'boxes',
      () =>
        constantFiles(
          [20, 6],
          Array.from({ length: 120 }, () => 1),
        ),
      undefined,
      'but got [1, 20, 6]: choose the output of the model that says what each pixel shows',
    ],
    [
      'a detector of many boxes',
      () => constantFiles([60, 6], [1].concat(Array.from({ length: 359 }, () => 1))),
      undefined,
      'but got [1, 60, 6]: choose the output of the model that says what each pixel shows',
    ],
    [
      'classes',
      () =>
        constantFiles(
          [10],
          Array.from({ length: 10 }, () => 1),
        ),
      undefined,
      'but got [1, 10]',
    ],
    [
      'too few labels',
      () => [onnx()],
      ['red', 'green'],
      'segmentation needs one label for each of 3 classes, but got 2 labels',
    ],
    [
      'too many labels',
      () => [tflite()],
      [...COLOURS, 'grey'],
      'segmentation needs one label for each of 3 classes, but got 4 labels',
    ],
  ])('refuses %s', async (_, files, labels, message) => {
    const imported = importModel(files(), { ...RAW, task: segmentation(), ...(labels ? { labels } : {}) });
    await expect(imported).rejects.toThrow(OptionError);
    await expect(imported).rejects.toThrow(message);
  });

  it('keeps its settings in a model file', async () => {
    const settings = { outputKind: 'scores', background: 0, alignCorners: true, layout: 'nhwc' } as const;
    const model = await importModel([onnx()], { ...RAW, task: segmentation(settings), labels: COLOURS });
    const again = readModel(writeModel(model), 'file');
    expect(again.task.spec).toEqual({ kind: 'segmentation', ...settings });
    expect(await seen(again as unknown as typeof model)).toEqual([
      ['green', 16],
      ['blue', 16],
    ]);
  });

  it('may be one of several outputs', async () => {
    const both = outputs({ map: { task: segmentation(), labels: ['a', 'b'] }, age: { task: regression() } });
    const map = tf.tensor([0, 1, 1, 1], [1, 2, 2], 'int32');
    const tensors = new NamedTensors({ map, age: tf.tensor2d([[7]]) });
    const size = { width: 2, height: 2 };
    const view = { size, source: size, ...{ left: 0, top: 0, scaleX: 1, scaleY: 1 } };
    const read = await both.reader([]).read(tensors, view);
    tensors.dispose();
    expect(both.captions(read).map(({ label }) => label)).toEqual(['map: b', 'age: 7']);
    expect(both.columns.map(({ name }) => name)).toContain('map_rle');
  });
});

test('the task is made again of its spec', () => {
  const settings = { outputKind: 'mask', fromLogits: true, alignCorners: false, layout: 'nchw' } as const;
  const { spec } = segmentation(settings);
  expect(spec).toEqual({ kind: 'segmentation', ...settings });
  expect(taskFromSpec(JSON.parse(JSON.stringify(spec))).spec).toEqual(spec);
  expect(segmentation().spec).toEqual({ kind: 'segmentation' });
  expect(() => taskFromSpec({ kind: 'segmentation', outputKind: 'boxes' })).toThrow(OptionError);
  expect(() => taskFromSpec({ kind: 'segmentation', back: 1 })).toThrow('did you mean');
});
