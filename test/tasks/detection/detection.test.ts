import { createCanvas } from '@napi-rs/canvas';
import * as tf from '@tensorflow/tfjs-core';
import { from, lastValueFrom, toArray, type OperatorFunction } from 'rxjs';
import {
  aggregate,
  batch,
  branch,
  csvWriter,
  dense,
  detection,
  flatten,
  type Frame,
  frameSource,
  globalAvgPool,
  infer,
  modelFrom,
  ndjsonWriter,
  OptionError,
  outputs,
  overlay,
  pipeline,
  preprocess,
  readModel,
  regression,
  resize,
  segments,
  ShapeError,
  taskFromSpec,
  unbatch,
  useEngine,
  writeModel,
  writeWith,
  type DetectedBox,
  type Detection,
  type DetectionOptions,
  type DetectionOutputs,
  type FrameResult,
  type Model,
  type Pixels,
  type ResizeOptions,
  type ResultWriter,
  type StoredResult,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { NamedTensors } from '../../../src/stage/named-tensors.ts';
import { readOutputs } from '../../../src/tasks/read-outputs.ts';
import { leakFree } from '../../support/balance.ts';

const LABELS = ['cat', 'dog', 'fox'];
const PICTURE = { width: 100, height: 100 };
const VIEW = { size: PICTURE, source: PICTURE, left: 0, top: 0, scaleX: 1, scaleY: 1 };

type Row = readonly [left: number, top: number, right: number, bottom: number, score: number, index: number];

async function read(
  rows: readonly Row[],
  options: DetectionOptions = {},
  {
    settings = {},
    labels = LABELS,
    view = VIEW,
  }: { settings?: DetectionOutputs; labels?: string[]; view?: typeof VIEW } = {},
): Promise<Detection> {
  const output = tf.tensor(rows.flat(), [1, rows.length, 6]);
  const reader = detection({ head: 'boxes', ...settings }).reader(labels, options);
  try {
    reader.checkShape(output.shape);
    return await reader.read(output, view);
  } finally {
    output.dispose();
  }
}

const box = (label: string, score: number, more: Partial<DetectedBox> = {}): DetectedBox => ({
  ...{ x: 10, y: 20, width: 30, height: 40 },
  ...{ score, label, index: LABELS.indexOf(label) },
  ...more,
});
const text = async (writer: ResultWriter<string, Detection>, results: readonly StoredResult<Detection>[]) =>
  (await lastValueFrom(from(results).pipe(writeWith(writer), toArray()))).join('');
const result = (...boxes: readonly DetectedBox[]): Detection => ({ boxes, picture: PICTURE });

describe('the boxes of a frame', () => {
  beforeAll(() => useEngine('cpu'));

  it('are those with enough certainty, the best first', async () => {
    const rows: Row[] = [
      [0, 0, 10, 10, 0.75, 0],
      [20, 0, 30, 10, 0.25, 1],
      [40, 0, 50, 10, 1, 2],
    ];
    expect(await read(rows)).toEqual({
      boxes: [
        { x: 40, y: 0, width: 10, height: 10, score: 1, label: 'fox', index: 2 },
        { x: 0, y: 0, width: 10, height: 10, score: 0.75, label: 'cat', index: 0 },
      ],
      picture: PICTURE,
    });
    expect((await read(rows, { minScore: 0.2, maxDetections: 2 })).boxes.map(({ label }) => label)).toEqual([
      'fox',
      'cat',
    ]);
    expect((await read(rows, { minScore: 0, only: ['dog', 'cat'] })).boxes.map(({ label }) => label)).toEqual([
      'cat',
      'dog',
    ]);
    expect((await read(rows, { except: ['fox'] })).boxes.map(({ label }) => label)).toEqual(['cat']);
  });

  it('end at the border of the source picture, and those outside of it are left out', async () => {
    const { boxes } = await read([
      [-10, 50, 20, 150, 0.9, 0],
      [100, 0, 120, 20, 0.9, 1],
      [-5, -5, 200, 200, 0.8, 2],
    ]);
    expect(boxes.map(({ x, y, width, height }) => [x, y, width, height])).toEqual([
      [0, 50, 20, 50],
      [0, 0, 100, 100],
    ]);
  });

  it('of a head that has removed overlaps stay, unless it is asked for', async () => {
    const rows: Row[] = [
      [0, 0, 10, 10, 0.9, 0],
      [0, 1, 10, 11, 0.8, 0],
      [0, 1, 10, 11, 0.7, 1],
    ];
    expect((await read(rows)).boxes).toHaveLength(3);
    expect((await read(rows, { iou: 0.5 })).boxes.map(({ score }) => Math.round(score * 10))).toEqual([9, 7]);
    expect((await read(rows, { iou: 0.5, acrossClasses: true })).boxes).toHaveLength(1);
  });

  it('without a name are named by their class', async () => {
    const { boxes } = await read([[0, 0, 1, 1, 0.9, 7]], {}, { labels: [] });
    expect(boxes[0]?.label).toBe('class 7');
    const gap = await read([[0, 0, 1, 1, 0.9, 1]], {}, { labels: ['a', '', 'b'] });
    expect(gap.boxes[0]?.label).toBe('class 1');
  });

  it('are the best of 10,000, in results as in tables and drawings', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i): Row => {
      const [x, y] = [i % 100, Math.floor(i / 100)];
      return [x, y, x + 1, y + 1, 0.5 + i / 20_000, i % 3];
    });
    const { boxes } = await read(rows);
    expect([boxes.length, boxes[0]?.x, boxes[0]?.y]).toEqual([100, 99, 99]);
    const all = await read(rows, { maxDetections: 10_000 });
    expect(all.boxes).toHaveLength(10_000);
    const frame = { ...{ source: 'a.jpg', seq: 0, timestamp: 0 }, ...all };
    const table = await text(csvWriter({ task: detection() }), [frame]);
    expect(table.trim().split('\r\n')).toHaveLength(10_001);
    const context = createCanvas(50, 50).getContext('2d');
    overlay(context, all, detection());
    expect(context.getImageData(25, 25, 1, 1).data[3]).toBeGreaterThan(0);
  });

  it('are none for none', async () => {
    expect(await read([[0, 0, 0, 0, 0, 0]])).toEqual({ boxes: [], picture: PICTURE });
  });

  it.each<[Row, string]>([
    [[NaN, 0, 1, 1, 0.9, 0], 'a box of cat has a coordinate that is not a finite number'],
    [[0, 0, Infinity, 1, 0.9, 0], 'a box of cat has a coordinate that is not a finite number'],
    [[0, 0, 1, 1, NaN, 0], 'a score of a box is not a number'],
    [[0, 0, 1, 1, 4, 0], 'a score must be from 0 to 1, but the model gives 4: if it gives logits, set fromLogits'],
  ])('that are no boxes are an error: %j', async (row, message) => {
    await expect(read([row])).rejects.toThrow(message);
  });

  it('cannot be placed where it is not known what the network saw', async () => {
    const output = tf.zeros([1, 1, 6]);
    await expect(detection({ head: 'boxes' }).reader(LABELS).read(output)).rejects.toThrow(
      'let preprocess or the source resize pictures, with another fit than digit',
    );
    output.dispose();
  });

  it.each<[DetectionOptions, string]>([
    [{ minScore: 2 }, 'detect: minScore must be a number from 0 to 1, not 2'],
    [{ iou: -1 }, 'detect: iou must be a number from 0 to 1, not -1'],
    [{ maxDetections: 0 }, 'detect: maxDetections must be a whole number of at least 1, not 0'],
    [{ acrossClasses: 1 as never }, 'detect: acrossClasses must be true or false, not 1'],
    [{ only: ['wolf'] }, 'detect: only has "wolf", which is not a label of the model. It has 3: cat, dog, fox'],
    [{ except: 'cat' as never }, 'detect: except must be a list of labels, not "cat"'],
    [{ only: [] }, 'detect: only must be a list of labels'],
    [{ minscore: 1 } as never, 'did you mean minScore?'],
  ])('%j is refused', (options, message) => {
    expect(() => detection().reader(LABELS, options)).toThrow(OptionError);
    expect(() => detection().reader(LABELS, options)).toThrow(message);
  });
});

const source = (...sizes: readonly (readonly [number, number])[]) =>
  frameSource(
    sizes.map(([width, height], i): { data: Pixels; timestamp: number } => ({
      data: { width, height, channels: 3, data: new Uint8Array(width * height * 3) },
      timestamp: i,
    })),
    { source: 'pictures' },
  );

/** Finds a dog in the middle of its input, a quarter of its area, whatever it sees. */
const net = pipeline(
  { name: 'always', inputShape: [1, 40, 40, 3] },
  globalAvgPool(),
  dense({
    units: 6,
    weights: { kernel: Array.from({ length: 3 }, () => [0, 0, 0, 0, 0, 0]), bias: [10, 10, 30, 30, 0.75, 1] },
  }),
);
const always = (how: Partial<ResizeOptions>): Promise<Model<Detection, DetectionOptions>> =>
  modelFrom(
    net as Model['pipeline'],
    { width: 40, height: 40, range: [0, 1], ...how },
    {
      task: detection({ head: 'boxes' }),
      labels: LABELS,
    },
  );
const places = (results: readonly FrameResult<Detection>[]) =>
  results.map(({ boxes: [first], picture }) => [
    first?.x,
    first?.y,
    first?.width,
    first?.height,
    picture.width,
    picture.height,
  ]);

describe.each(['cpu', 'wasm', 'onnxruntime'] as const)('a detector on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    ['fill', {}, [100, 50, 200, 100, 400, 200]],
    ['cover', {}, [150, 50, 100, 100, 400, 200]],
    ['contain', {}, [100, 0, 200, 200, 400, 200]],
    ['cover', { centralFraction: 0.5 }, [175, 75, 50, 50, 400, 200]],
  ] as const)('gives boxes in the source picture: %s %j', async (fit, more, expected) => {
    const model = await always({ fit, ...more });
    const results = await lastValueFrom(source([400, 200]).pipe(infer(model), toArray()));
    expect(places(results)).toEqual([expected]);
    expect(results[0]?.boxes[0]?.label).toBe('dog');
  });

  it.each(['fill', 'cover', 'contain'] as const)('takes a picture of one pixel: %s', async (fit) => {
    const results = await lastValueFrom(source([1, 1]).pipe(infer(await always({ fit })), toArray()));
    expect(places(results)).toEqual([[0.25, 0.25, 0.5, 0.5, 1, 1]]);
  });

  it('takes pictures of several sizes, in any order', async () => {
    const model = await always({ fit: 'fill' });
    const results = await lastValueFrom(source([400, 200], [40, 80], [400, 200]).pipe(infer(model), toArray()));
    expect(places(results)).toEqual([
      [100, 50, 200, 100, 400, 200],
      [10, 20, 20, 40, 40, 80],
      [100, 50, 200, 100, 400, 200],
    ]);
  });

  const options = { width: 40, height: 40, fit: 'fill', range: [0, 1] } as const;
  const reading = readOutputs(detection({ head: 'boxes' }).reader(LABELS));
  it.each<[string, OperatorFunction<Frame<Pixels>, FrameResult<Detection>>]>([
    ['in stages', (frames) => frames.pipe(resize({ width: 80, height: 80 }), preprocess(options), net, reading)],
    ['after a batch', (frames) => frames.pipe(preprocess(options), batch({ size: 2 }), net, unbatch(), reading)],
    [
      'through a branch',
      (frames) =>
        frames.pipe(
          preprocess(options),
          branch<tf.Tensor4D, [FrameResult<Detection>]>({ through: (one) => one.pipe(net, reading) }),
        ),
    ],
  ])('keeps the place of boxes %s', async (how, through) => {
    const results = await lastValueFrom(source([400, 200], [400, 200]).pipe(through, toArray()));
    const expected = how === 'in stages' ? [150, 50, 100, 100, 400, 200] : [100, 50, 200, 100, 400, 200];
    expect(places(results)).toEqual([expected, expected]);
  });

  it('fails a frame whose place is not known, and goes on', async () => {
    const model = await always({ fit: 'digit' });
    const failed: string[] = [];
    const pictures = frameSource([{ data: blot(), timestamp: 0 }], { source: 'pictures', onError: 'skip' });
    pictures.failures.subscribe(({ error }) => failed.push(error.message));
    expect(await lastValueFrom(pictures.pipe(infer(model), toArray()))).toEqual([]);
    expect(failed.join()).toContain('boxes cannot be placed in the source picture');
  });

  it('leaves nothing behind', async () => {
    const model = await always({ fit: 'contain' });
    const results = await leakFree(() => lastValueFrom(source([400, 200], [40, 80]).pipe(infer(model), toArray())));
    expect(results).toHaveLength(2);
  });
});

function blot(): Pixels {
  const data = new Uint8Array(60 * 60 * 3).fill(255);
  for (let y = 20; y < 40; y++) data.fill(0, (y * 60 + 25) * 3, (y * 60 + 32) * 3);
  return { width: 60, height: 60, channels: 3, data };
}

describe('a model of boxes', () => {
  beforeAll(() => useEngine('cpu'));

  it('is written and read with its head', async () => {
    const model = await always({ fit: 'fill' });
    const again = readModel(writeModel(model), 'file');
    expect(again.task.spec).toEqual({ kind: 'detection', head: 'boxes' });
    const results = await lastValueFrom(source([400, 200]).pipe(infer(again as unknown as typeof model), toArray()));
    expect(places(results)).toEqual([[100, 50, 200, 100, 400, 200]]);
  });

  it('whose outputs are no boxes is refused with its shapes', async () => {
    const classes = pipeline({ name: 'classes', inputShape: [1, 8, 8, 3] }, flatten(), dense({ units: 10, seed: 1 }));
    const wrong = modelFrom(
      classes as Model['pipeline'],
      { width: 8, height: 8, range: [0, 1] },
      { task: detection() },
    );
    await expect(wrong).rejects.toThrow(ShapeError);
    await expect(wrong).rejects.toThrow(
      'detection needs the outputs of a detector, but got [1, 10], which no head has: choose other outputs of the model, or give head, one of ssd,',
    );
  });

  it('needs a label for each class', () => {
    const reader = detection({ head: 'yolo-v8' }).reader(LABELS);
    expect(() => reader.checkShape([1, 9, 8400])).toThrow(ShapeError);
    expect(() => reader.checkShape([1, 7, 8400])).not.toThrow();
    const ssd = detection().reader(LABELS);
    expect(() => ssd.checkShapes?.({ boxes: [1, 10, 1, 4], scores: [1, 10, 4] })).toThrow(
      'needs one label for each of 4 classes, but got 3 labels',
    );
    expect(() => detection({ background: 3 }).reader(LABELS)).toThrow('background is class 3, but there are 3 labels');
  });

  it('may be one of several outputs', async () => {
    const both = outputs({
      boxes: { task: detection({ head: 'boxes' }), labels: LABELS },
      age: { task: regression() },
    });
    const tensors = new NamedTensors({ boxes: tf.tensor2d([[0, 0, 50, 50, 1, 2]]), age: tf.tensor2d([[7]]) });
    const read = await both.reader([]).read(tensors, VIEW);
    tensors.dispose();
    expect(read.outputs['boxes']).toMatchObject({ boxes: [{ label: 'fox', width: 50 }] });
    expect(both.captions(read).map(({ label }) => label)).toEqual(['boxes: fox', 'age: 7']);
  });
});

describe('results', () => {
  const task = detection();
  const two = result(box('dog', 0.9), box('cat', 0.8), box('dog', 0.7, { x: 50.123456 }));

  it('are counted in captions, the best label first', () => {
    expect(task.captions(two)).toEqual([
      { label: '2 × dog', score: 0.9 },
      { label: 'cat', score: 0.8 },
    ]);
    expect(task.captions(result())).toEqual([]);
  });

  it('are rounded in files, with a row for each box', async () => {
    const stored = task.stored(result(box('dog', 0.123456789, { x: 50.123456 })));
    expect(stored.boxes[0]).toEqual({
      x: 50.12,
      y: 20,
      width: 30,
      height: 40,
      score: 0.123457,
      label: 'dog',
      index: 1,
    });
    expect(task.rows(two).map(({ box: number, label, x }) => [number, label, x])).toEqual([
      [1, 'dog', 10],
      [2, 'cat', 10],
      [3, 'dog', 50.12],
    ]);
    expect(Object.keys(task.rows(result())[0]!)).toEqual(task.columns.map(({ name }) => name));
    const frames = [
      { source: 'clip.mp4', seq: 0, timestamp: 0, ...two },
      { source: 'clip.mp4', seq: 1, timestamp: 40_000, ...result() },
    ];
    const table = await text(csvWriter({ task }), frames);
    expect(table.split('\r\n')[1]).toContain(',1,1,dog,0.9,10,20,30,40');
    expect(table.trim().split('\r\n')).toHaveLength(5);
    const lines = (await text(ndjsonWriter({ task }), frames)).trim().split('\n');
    expect(JSON.parse(lines[1]!)).toMatchObject({ seq: 1, boxes: [], picture: PICTURE });
  });

  it('have the number of their track in files and drawings, and none without one', async () => {
    const tracked = result(box('dog', 0.9, { trackId: 7 }), box('cat', 0.8));
    expect(task.stored(tracked).boxes.map((one) => Object.entries(one).at(-1))).toEqual([
      ['trackId', 7],
      ['index', 0],
    ]);
    expect(task.rows(tracked).map(({ track }) => track)).toEqual([7, null]);
    expect(task.captions(tracked)).toEqual(task.captions(result(box('dog', 0.9), box('cat', 0.8))));
    expect(task.select(tracked, {}).boxes[0]?.trackId).toBe(7);
    const table = await text(csvWriter({ task }), [{ source: 'clip.mp4', seq: 0, timestamp: 0, ...tracked }]);
    expect(table.trim().split('\r\n')[1]).toMatch(/,7$/);
  });

  it('of one track have one colour and its number, whatever their class', () => {
    const painted = (...boxes: DetectedBox[]) => {
      const [texts, colours]: [string[], unknown[]] = [[], []];
      const context = {
        ...{ fillStyle: '' as unknown, font: '', textBaseline: 'middle' as const },
        fillRect: () => void colours.push(context.fillStyle),
        fillText: (drawn: string) => void texts.push(drawn),
      };
      task.overlay(result(...boxes), PICTURE)?.paint(context as never);
      return { texts, colours: new Set(colours) };
    };
    const one = painted(box('dog', 0.9, { trackId: 3 }), box('cat', 0.8, { trackId: 3 }));
    expect(one.texts).toEqual(['cat 3', 'dog 3']);
    expect(one.colours.size).toBe(1);
    expect(painted(box('dog', 0.9)).texts).toEqual(['dog 0.90']);
    expect(painted(box('dog', 0.9, { trackId: 3 }), box('dog', 0.8, { trackId: 4 })).colours.size).toBe(2);
  });

  it('read with other options are reduced to these', () => {
    expect(task.select(two, { minScore: 0.75 }).boxes.map(({ score }) => score)).toEqual([0.9, 0.8]);
    expect(task.select(two, { minScore: 0, only: ['dog'], maxDetections: 1 }).boxes.map(({ label }) => label)).toEqual([
      'dog',
    ]);
  });

  it('of several frames are the most of each label at a time', async () => {
    const times = [result(box('dog', 0.6)), two, result(box('cat', 0.85), box('fox', 0.5)), result()];
    const results = from(times.map((one, seq) => ({ source: 'clip', seq, timestamp: seq * 1000, ...one })));
    const [whole] = await lastValueFrom(results.pipe(aggregate('file', { task }), toArray()));
    expect(whole?.boxes.map(({ label, score }) => [label, score])).toEqual([
      ['dog', 0.9],
      ['cat', 0.85],
      ['dog', 0.7],
      ['fox', 0.5],
    ]);
    const spans = await lastValueFrom(results.pipe(segments(task), toArray()));
    expect(spans.map(({ label }) => label)).toEqual(['dog', '2 × dog', 'cat']);
  });

  it('are drawn where they are, in a picture of any size', () => {
    const one = result({ x: 20, y: 40, width: 50, height: 30, score: 0.9, label: 'dog', index: 1 });
    for (const scale of [1, 4]) {
      const size = { width: 100 * scale, height: 100 * scale };
      const overlay = task.overlay(one, size)!;
      expect(overlay).toMatchObject({ x: 0, y: 0, ...size });
      const canvas = createCanvas(size.width, size.height);
      const context = canvas.getContext('2d');
      overlay.paint(context);
      const alpha = (x: number, y: number) => context.getImageData(x * scale, y * scale, 1, 1).data[3];
      expect([alpha(20, 55), alpha(69.75, 55), alpha(45, 40), alpha(45, 69.75)]).toEqual([255, 255, 255, 255]);
      expect([alpha(45, 55), alpha(15, 55), alpha(75, 55), alpha(45, 75)]).toEqual([0, 0, 0, 0]);
    }
    expect(task.overlay(result(), PICTURE)).toBeUndefined();
  });

  it('at the upper edge have their text inside', () => {
    const top = result({ x: 0, y: 0, width: 90, height: 90, score: 0.5, label: 'a\nb\u0007', index: 40 });
    const canvas = createCanvas(100, 100);
    const context = canvas.getContext('2d');
    task.overlay(top, PICTURE)?.paint(context);
    expect(context.getImageData(2, 6, 1, 1).data[3]).toBe(255);
  });
});

test('the task is made again of its spec', () => {
  const spec = detection({ head: 'yolo-v5', units: 'relative', background: 0, multiLabel: true }).spec;
  expect(spec).toEqual({ kind: 'detection', head: 'yolo-v5', units: 'relative', background: 0, multiLabel: true });
  expect(taskFromSpec(JSON.parse(JSON.stringify(spec))).spec).toEqual(spec);
  expect(() => taskFromSpec({ kind: 'detection', head: 'none' })).toThrow(OptionError);
  expect(() => taskFromSpec({ kind: 'detection', heads: 'boxes' })).toThrow('did you mean head?');
});
