import { createCanvas } from '@napi-rs/canvas';
import * as tf from '@tensorflow/tfjs-core';
import { assert, asyncProperty, constantFrom, double, integer, record } from 'fast-check';
import { from, lastValueFrom, map, tap, toArray } from 'rxjs';
import {
  aggregate,
  csvWriter,
  dense,
  frameSource,
  globalAvgPool,
  infer,
  keypoints,
  modelFrom,
  ndjsonWriter,
  OptionError,
  outputs,
  pipeline,
  preprocess,
  readModel,
  regression,
  reshape,
  ShapeError,
  taskFromSpec,
  useEngine,
  webvttWriter,
  writeModel,
  writeWith,
  type KeypointOptions,
  type KeypointOutputs,
  type Keypoints,
  type Model,
  type PictureView,
  type Pixels,
  type Pose,
  type ResizeOptions,
  type ResultWriter,
  type StoredResult,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { NamedTensors } from '../../../src/stage/named-tensors.ts';
import { leakFree } from '../../support/balance.ts';

const PICTURE = { width: 100, height: 100 };
const VIEW: PictureView = { size: PICTURE, source: PICTURE, left: 0, top: 0, scaleX: 1, scaleY: 1 };

async function read(
  shape: readonly number[],
  data: readonly number[],
  options: KeypointOptions = {},
  {
    settings = {},
    labels = [],
    view = VIEW,
  }: { settings?: KeypointOutputs; labels?: readonly string[]; view?: PictureView | undefined } = {},
): Promise<Keypoints> {
  const output = tf.tensor([...data], [...shape]);
  const reader = keypoints(settings).reader(labels, options);
  try {
    reader.checkShape(shape);
    return await reader.read(output, view);
  } finally {
    output.dispose();
  }
}

/** A row of a YOLO model with two points. */
const yolo = (rows: readonly (readonly number[])[], options: KeypointOptions = {}, view = VIEW) =>
  read([1, rows.length, 11], rows.flat(), options, { settings: { head: 'yolo', names: ['a', 'b'] }, view });
const at = (x: number, y: number, score: number) => [x, y, 20, 20, score, x, y, 0.9, x + 5, y + 5, 0.2];

describe('the poses of a frame', () => {
  beforeAll(() => useEngine('cpu'));

  it('are those with enough certainty, the best first, with the points of enough certainty', async () => {
    const rows = [at(20, 20, 0.5), at(60, 60, 0.875), at(20, 70, 0.125)];
    const result = await yolo(rows);
    expect(result.picture).toEqual(PICTURE);
    expect(result.poses.map(({ score, points }) => [score, points.map(({ name }) => name)])).toEqual([
      [0.875, ['a']],
      [0.5, ['a']],
    ]);
    expect(result.poses[0]).toMatchObject({
      box: { x: 50, y: 50, width: 20, height: 20 },
      points: [{ name: 'a', x: 60, y: 60 }],
    });
    const all = await yolo(rows, { minScore: 0, minPointScore: 0, maxPoses: 2 });
    expect(all.poses.map(({ points }) => points.map(({ name, x }) => [name, x]))).toEqual([
      [
        ['a', 60],
        ['b', 65],
      ],
      [
        ['a', 20],
        ['b', 25],
      ],
    ]);
    expect((await yolo(rows, { minPointScore: 1 })).poses[0]?.points).toEqual([]);
  });

  it('that overlap a better one are removed', async () => {
    const rows = [at(50, 50, 0.5), at(52, 50, 0.75), at(54, 50, 0.625), at(80, 50, 0.375)];
    expect((await yolo(rows)).poses.map(({ score }) => score)).toEqual([0.75, 0.375]);
    expect((await yolo(rows, { iou: 1 })).poses).toHaveLength(4);
    expect((await yolo(rows, { iou: 0 })).poses).toHaveLength(2);
  });

  it('of a head that has removed overlaps stay, unless it is asked for', async () => {
    const pose = [0.5, 0.5, 0.9, 0.4, 0.4, 0.6, 0.6];
    const data = [...pose, 0.8, ...pose, 0.7];
    expect((await read([1, 2, 8], data)).poses).toHaveLength(2);
    expect((await read([1, 2, 8], data, { iou: 0.5 })).poses).toHaveLength(1);
  });

  it('have COCO’s names, those that are given, or numbers', async () => {
    const data = (count: number) => Array.from({ length: 3 * count }, () => 0.5);
    const names = ({ poses: [pose] }: Keypoints) => pose?.points.map(({ name }) => name) ?? [];
    const coco = names(await read([1, 1, 17, 3], data(17)));
    expect([coco[0], coco[9], coco[16]]).toEqual(['nose', 'left_wrist', 'right_ankle']);
    expect(new Set(coco).size).toBe(17);
    expect(names(await read([1, 1, 2, 3], data(2)))).toEqual(['point 0', 'point 1']);
    const settings = { names: ['head', 'tail'] };
    expect(names(await read([1, 1, 2, 3], data(2), {}, { settings }))).toEqual(['head', 'tail']);
  });

  it('may reach out of the picture with their points, but not with their box', async () => {
    const { poses } = await yolo([at(-5, 50, 0.5), at(120, 50, 0.75), at(50, 99, 0.375)]);
    expect(poses.map(({ box }) => box)).toEqual([
      { x: 0, y: 40, width: 5, height: 20 },
      { x: 40, y: 89, width: 20, height: 11 },
    ]);
    expect(poses[0]?.points[0]).toMatchObject({ x: -5, y: 50 });
  });

  it('are none for a picture that shows none', async () => {
    expect(
      await read(
        [1, 1, 17, 3],
        Array.from({ length: 51 }, () => 0.1),
      ),
    ).toEqual({ poses: [], picture: PICTURE });
  });

  it('are found in a picture of one pixel', async () => {
    const one = { width: 1, height: 1 };
    const view = { size: PICTURE, source: one, left: 0, top: 0, scaleX: 0.01, scaleY: 0.01 };
    const { poses, picture } = await yolo([at(50, 50, 0.75)], {}, view);
    expect(picture).toEqual(one);
    expect(poses[0]?.points[0]).toMatchObject({ x: 0.5, y: 0.5 });
  });

  it('are the best of 10,000 candidates', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => at(5 + (i % 100), 5 + Math.floor(i / 100), i / 10_000));
    const from = performance.now();
    const { poses } = await yolo(rows, { minScore: 0 });
    expect(performance.now() - from).toBeLessThan(5000);
    // On a grid of one pixel, boxes of 20 pixels that overlap by less than half lie 7 pixels apart.
    expect(poses).toHaveLength(100);
    expect(poses[0]?.score).toBeCloseTo(0.9999, 4);
    for (const [i, pose] of poses.entries()) expect(pose.score).toBeLessThanOrEqual(poses[i - 1]?.score ?? 1);
  });

  it.each<[number[], string]>([
    [[50, 50, 20, 20, NaN, 1, 1, 1, 1, 1, 1], 'the score of a pose is not a number'],
    [[NaN, 50, 20, 20, 0.9, 1, 1, 1, 1, 1, 1], 'the box of a pose has a coordinate that is not a finite number'],
    [[50, 50, Infinity, 20, 0.9, 1, 1, 1, 1, 1, 1], 'the box of a pose has a coordinate that is not a finite number'],
    [[50, 50, 20, 20, 0.9, 1, 1, 1, 1, 1, NaN], 'the score of b is not a number'],
    [[50, 50, 20, 20, 0.9, NaN, 1, 1, 1, 1, 1], 'a has a coordinate that is not a finite number'],
    [[50, 50, 20, 20, 0.9, 1, 1, 1, 1, -Infinity, 1], 'b has a coordinate that is not a finite number'],
    [[50, 50, 20, 20, 7, 1, 1, 1, 1, 1, 1], 'a score must be from 0 to 1, but the model gives 7: if it gives logits'],
    [[50, 50, 20, 20, 0.9, 1, 1, -3, 1, 1, 1], 'a score must be from 0 to 1, but the model gives -3'],
  ])('that are none are an error: %j', async (row, message) => {
    await expect(yolo([row])).rejects.toThrow(message);
  });

  it('of heat maps with a hole are an error', async () => {
    await expect(read([1, 2, 2, 1], [0, 0.9, NaN, 0])).rejects.toThrow('the score of a pose is not a number');
  });

  it('that are left out may have points that are none', async () => {
    expect((await yolo([[50, 50, 20, 20, 0.9, NaN, NaN, 0.1, 1, 1, 1]])).poses[0]?.points).toHaveLength(1);
    expect((await yolo([[50, 50, 20, 20, 0.1, NaN, NaN, 1, 1, 1, 1]])).poses).toEqual([]);
  });

  it('cannot be placed where it is not known what the network saw', async () => {
    const output = tf.zeros([1, 1, 17, 3]);
    await expect(keypoints().reader([]).read(output)).rejects.toThrow(
      'let preprocess or the source resize pictures, with another fit than digit',
    );
    output.dispose();
  });

  it.each<[KeypointOptions, string]>([
    [{ minScore: 2 }, 'keypoints: minScore must be a number from 0 to 1, not 2'],
    [{ minPointScore: -1 }, 'keypoints: minPointScore must be a number from 0 to 1, not -1'],
    [{ iou: NaN }, 'keypoints: iou must be a number from 0 to 1, not NaN'],
    [{ maxPoses: 0 }, 'keypoints: maxPoses must be a whole number of at least 1, not 0'],
    [{ minPointsScore: 1 } as never, 'did you mean minPointScore?'],
  ])('%j is refused', (options, message) => {
    expect(() => keypoints().reader([], options)).toThrow(OptionError);
    expect(() => keypoints().reader([], options)).toThrow(message);
  });

  it('are of one class: labels of several are refused', () => {
    expect(() => keypoints().reader(['person'])).not.toThrow();
    expect(() => keypoints().reader(['nose', 'tail'])).toThrow(OptionError);
    expect(() => keypoints().reader(['nose', 'tail'])).toThrow('but there are 2 labels: the names of points are');
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

/** Finds two points at the same place of its input, whatever it sees. */
const net = pipeline(
  { name: 'always', inputShape: [1, 40, 40, 3] },
  globalAvgPool(),
  dense({
    units: 6,
    weights: { kernel: Array.from({ length: 3 }, () => [0, 0, 0, 0, 0, 0]), bias: [0.25, 0.5, 0.75, 0.5, 0.75, 0.5] },
  }),
  reshape({ shape: [1, 2, 3] }),
);
const always = (how: Partial<ResizeOptions>): Promise<Model<Keypoints, KeypointOptions>> =>
  modelFrom(
    net as unknown as Model['pipeline'],
    { width: 40, height: 40, range: [0, 1], ...how },
    { task: keypoints() },
  );
const placed = ({ poses: [pose] }: Keypoints) => pose?.points.map(({ x, y }) => [x, y]);

describe.each(['cpu', 'wasm', 'onnxruntime'] as const)('a model of poses on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    [
      'fill',
      {},
      [
        [200, 50],
        [300, 100],
      ],
    ],
    [
      'cover',
      {},
      [
        [200, 50],
        [250, 100],
      ],
    ],
    [
      'contain',
      {},
      [
        [200, 0],
        [300, 100],
      ],
    ],
    [
      'cover',
      { centralFraction: 0.5 },
      [
        [200, 75],
        [225, 100],
      ],
    ],
  ] as const)('gives points in the source picture: %s %j', async (fit, more, expected) => {
    const model = await always({ fit, ...more });
    const results = await lastValueFrom(source([400, 200]).pipe(infer(model), toArray()));
    expect(results.map(placed)).toEqual([expected]);
    expect(results[0]?.picture).toEqual({ width: 400, height: 200 });
  });

  it('leaves nothing behind', async () => {
    const model = await always({ fit: 'contain' });
    const results = await leakFree(() => lastValueFrom(source([400, 200], [40, 80]).pipe(infer(model), toArray())));
    expect(results.map(placed)).toEqual([
      [
        [200, 0],
        [300, 100],
      ],
      [
        [20, 20],
        [40, 40],
      ],
    ]);
  });

  it('fails a frame whose place is not known', async () => {
    const model = await always({ fit: 'digit' });
    const failed: string[] = [];
    const data = new Uint8Array(60 * 60 * 3).fill(255);
    for (let y = 20; y < 40; y++) data.fill(0, (y * 60 + 25) * 3, (y * 60 + 32) * 3);
    const blot: Pixels = { width: 60, height: 60, channels: 3, data };
    const pictures = frameSource([{ data: blot, timestamp: 0 }], { source: 'pictures', onError: 'skip' });
    pictures.failures.subscribe(({ error }) => failed.push(error.message));
    expect(await lastValueFrom(pictures.pipe(infer(model), toArray()))).toEqual([]);
    expect(failed.join()).toContain('points cannot be placed in the source picture');
  });
});

describe('a point', () => {
  beforeAll(() => useEngine('cpu'));

  /** A dark picture with a light rectangle around a place. */
  const spot = (
    width: number,
    height: number,
    [x, y]: readonly number[],
    [across, down]: readonly number[],
  ): Pixels => {
    const data = new Uint8Array(width * height * 3);
    const [left = 0, top = 0, right = 0, bottom = 0] = [x! - across!, y! - down!, x! + across!, y! + down!];
    for (let row = top; row < bottom; row++) data.fill(255, (row * width + left) * 3, (row * width + right) * 3);
    return { width, height, channels: 3, data };
  };

  it('comes back to where it is in the source picture, for any size and fit', async () => {
    const cases = record({
      width: integer({ min: 40, max: 400 }),
      ratio: double({ min: 1 / 3, max: 3, noNaN: true }),
      input: integer({ min: 32, max: 200 }),
      fit: constantFrom('cover', 'contain', 'fill'),
      across: double({ min: -0.25, max: 0.25, noNaN: true }),
      down: double({ min: -0.25, max: 0.25, noNaN: true }),
    });
    const holds = asyncProperty(cases, async ({ width, ratio, input, fit, across, down }) => {
      const height = Math.min(400, Math.max(40, Math.round(width * ratio)));
      // In the middle square, which each fit shows, and at least four pixels large in what the network sees.
      const side = Math.min(width, height);
      const place = [width / 2 + across * side, height / 2 + down * side].map(Math.round);
      const even = fit === 'cover' ? side : Math.max(width, height);
      const sizes = (fit === 'fill' ? [width, height] : [even, even]).map((size) =>
        Math.ceil(2 * Math.max(1, size / input)),
      );
      let view: PictureView | undefined;
      let [sum, sumX, sumY] = [0, 0, 0];
      // Forth: the centre of the light in what the network sees.
      await lastValueFrom(
        frameSource([{ data: spot(width, height, place, sizes), timestamp: 0 }], { source: 'spot' }).pipe(
          preprocess({ width: input, height: input, fit, range: [0, 1] }),
          tap((frame) => {
            view = frame.view;
            for (const [i, value] of frame.data.dataSync().entries()) {
              const pixel = Math.floor(i / 3);
              sum += value;
              sumX += value * ((pixel % input) + 0.5);
              sumY += value * (Math.floor(pixel / input) + 0.5);
            }
          }),
          map(() => undefined),
        ),
      );
      // And back.
      const result = await read([1, 1, 1, 3], [sumY / sum / input, sumX / sum / input, 1], {}, { view });
      const [point] = result.poses[0]?.points ?? [];
      expect(Math.abs((point?.x ?? NaN) - (place[0] ?? NaN))).toBeLessThanOrEqual(0.5);
      expect(Math.abs((point?.y ?? NaN) - (place[1] ?? NaN))).toBeLessThanOrEqual(0.5);
    });
    await assert(holds, { numRuns: 150 });
  });
});

const pose = (score: number, more: Partial<Pose> = {}): Pose => ({
  score,
  points: [
    { name: 'left_knee', x: 20, y: 20, score: 0.9 },
    { name: 'left_ankle', x: 20, y: 80, score: 0.5 },
  ],
  ...more,
});
const result = (...poses: readonly Pose[]): Keypoints => ({ poses, picture: PICTURE });
const text = async (writer: ResultWriter<string, Keypoints>, results: readonly StoredResult<Keypoints>[]) =>
  (await lastValueFrom(from(results).pipe(writeWith(writer), toArray()))).join('');
const stored = (...poses: readonly Pose[]) => [{ source: 'clip.mp4', seq: 0, timestamp: 0, ...result(...poses) }];

describe('results', () => {
  const task = keypoints();

  it('are counted in captions', async () => {
    expect(task.captions(result(pose(0.9), pose(0.4)))).toEqual([{ label: '2 × pose', score: 0.9 }]);
    expect(task.captions(result(pose(0.4)))).toEqual([{ label: 'pose', score: 0.4 }]);
    expect(task.captions(result())).toEqual([]);
    expect(await text(webvttWriter({ task }), stored(pose(0.9), pose(0.8)))).toContain('2 × pose');
  });

  it('are rounded in files, with a row for each point', async () => {
    const odd = pose(0.123456789, { box: { x: 1 / 3, y: 2 / 3, width: 10, height: 1 }, trackId: 7 });
    const points = [{ name: 'nose', x: 1 / 3, y: 2 / 3, score: 1 / 3 }];
    expect(task.stored(result({ ...odd, points })).poses).toEqual([
      {
        score: 0.123457,
        points: [{ name: 'nose', x: 0.33, y: 0.67, score: 0.333333 }],
        box: { x: 0.33, y: 0.67, width: 10, height: 1 },
        trackId: 7,
      },
    ]);
    const table = (await text(csvWriter({ task }), stored(pose(0.9), { ...odd, points }))).trim().split('\r\n');
    expect(table.map((line) => line.split(',').slice(-6).join())).toEqual([
      'pose,point,name,score,x,y',
      '1,13,left_knee,0.9,20,20',
      '1,15,left_ankle,0.5,20,80',
      '2,0,nose,0.333333,0.33,0.67',
    ]);
    const line = JSON.parse(await text(ndjsonWriter({ task }), stored(pose(0.9)))) as Keypoints;
    expect(line).toMatchObject({ picture: PICTURE, poses: [{ score: 0.9, points: [{ name: 'left_knee' }, {}] }] });
  });

  it('have one row of empty cells without a point', () => {
    const empty = [{ pose: null, point: null, name: null, score: null, x: null, y: null }];
    expect(task.rows(result())).toEqual(empty);
    expect(task.rows(result(pose(0.9, { points: [] })))).toEqual(empty);
  });

  it('number points as the model does', () => {
    const own = keypoints({ names: ['head', 'tail'] });
    const rows = own.rows(result(pose(0.9, { points: [{ name: 'tail', x: 1, y: 1, score: 1 }] })));
    expect(rows[0]?.['point']).toBe(1);
    const numbers = task.rows(result(pose(0.9, { points: [{ name: 'point 12', x: 1, y: 1, score: 1 }] })));
    expect(numbers[0]?.['point']).toBe(12);
    const odd = task.rows(result(pose(0.9, { points: [{ name: 'wing', x: 1, y: 1, score: 1 }] })));
    expect(odd[0]?.['point']).toBeNull();
  });

  it('read with other options are reduced to these', () => {
    const two = result(pose(0.9), pose(0.4));
    expect(task.select(two, { minScore: 0.5, minPointScore: 0.6 }).poses.map(({ points }) => points.length)).toEqual([
      1,
    ]);
    expect(task.select(two, { maxPoses: 1 }).poses).toHaveLength(1);
    expect(() => task.select(two, { minScore: 3 })).toThrow(OptionError);
    expect(() => task.aggregator({ iou: 3 })).toThrow(OptionError);
  });

  it('of several frames are those of the frame with the most poses', async () => {
    const times = [result(pose(0.95)), result(pose(0.6), pose(0.5)), result(), result(pose(0.7), pose(0.5))];
    const results = from(times.map((one, seq) => ({ source: 'clip', seq, timestamp: seq * 1000, ...one })));
    const [whole] = await lastValueFrom(results.pipe(aggregate('file', { task }), toArray()));
    expect(whole?.poses.map(({ score }) => score)).toEqual([0.7, 0.5]);
    const none = task.aggregator({});
    none.add(result());
    expect(none.take()).toEqual({ poses: [], picture: PICTURE });
    expect(none.take()).toEqual({ poses: [], picture: { width: 0, height: 0 } });
  });

  it('are drawn as a skeleton, in a picture of any size', () => {
    for (const scale of [1, 4]) {
      const size = { width: 100 * scale, height: 100 * scale };
      const overlay = task.overlay(result(pose(0.9)), size)!;
      expect(overlay).toMatchObject({ x: 0, y: 0, ...size });
      const context = createCanvas(size.width, size.height).getContext('2d');
      overlay.paint(context);
      const alpha = (x: number, y: number) => context.getImageData(x * scale, y * scale, 1, 1).data[3];
      expect([alpha(20, 20), alpha(20, 50), alpha(20, 79)]).toEqual([255, 255, 255]);
      expect([alpha(30, 50), alpha(20, 90), alpha(20, 10), alpha(50, 20)]).toEqual([0, 0, 0, 0]);
    }
    expect(task.overlay(result(), PICTURE)).toBeUndefined();
    expect(task.overlay(result(pose(0.9, { points: [] })), PICTURE)).toBeUndefined();
  });

  it('are drawn with a dark rim, in a colour for each object', () => {
    const colours = (...poses: readonly Pose[]) => {
      const context = createCanvas(400, 400).getContext('2d');
      task.overlay(result(...poses), { width: 400, height: 400 })?.paint(context);
      const pixel = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3).join();
      return { line: pixel(80, 200), rim: pixel(82, 200), other: pixel(280, 200) };
    };
    const right = [
      { name: 'right_knee', x: 70, y: 20, score: 0.9 },
      { name: 'right_ankle', x: 70, y: 80, score: 0.9 },
    ];
    const two = colours(pose(0.9), pose(0.8, { points: right }));
    expect(two.line).not.toBe(two.other);
    expect(two.rim).toBe('16,16,16');
    const tracked = colours(pose(0.9, { trackId: 5 }), pose(0.8, { points: right, trackId: 5 }));
    expect(tracked.line).toBe(tracked.other);
    expect(colours(pose(0.9, { trackId: 5 })).line).not.toBe(two.line);
  });

  it('are drawn with edges of one’s own, between points that are there', () => {
    const own = keypoints({
      names: ['a', 'b', 'c'],
      edges: [
        ['a', 'b'],
        ['b', 'c'],
      ],
    });
    const points = [
      { name: 'a', x: 20, y: 20, score: 1 },
      { name: 'b', x: 80, y: 20, score: 1 },
    ];
    const alpha = (task: typeof own) => {
      const context = createCanvas(100, 100).getContext('2d');
      task.overlay(result(pose(0.9, { points })), PICTURE)?.paint(context);
      return [context.getImageData(50, 20, 1, 1).data[3], context.getImageData(80, 20, 1, 1).data[3]];
    };
    expect(alpha(own)).toEqual([255, 255]);
    expect(alpha(keypoints({ edges: [] }))).toEqual([0, 255]);
  });

  it('may be one of several outputs', async () => {
    const both = outputs({ body: { task: keypoints() }, age: { task: regression() } });
    const tensors = new NamedTensors({
      body: tf.tensor(
        Array.from({ length: 51 }, () => 0.5),
        [1, 1, 17, 3],
      ),
      age: tf.tensor2d([[7]]),
    });
    const { outputs: all } = await both.reader([]).read(tensors, VIEW);
    tensors.dispose();
    expect(all['body']).toMatchObject({ poses: [{ score: 0.5 }] });
  });
});

describe('a model', () => {
  beforeAll(() => useEngine('cpu'));

  it('is written and read with its task', async () => {
    const again = readModel(writeModel(await always({ fit: 'fill' })), 'file');
    expect(again.task.spec).toEqual({ kind: 'keypoints' });
    const results = await lastValueFrom(source([400, 200]).pipe(infer(again), toArray()));
    expect(results.map((each) => placed(each as unknown as Keypoints))).toEqual([
      [
        [200, 50],
        [300, 100],
      ],
    ]);
  });

  it('whose output is no pose is refused with its shape', async () => {
    const classes = pipeline(
      { name: 'classes', inputShape: [1, 8, 8, 3] },
      globalAvgPool(),
      dense({ units: 9, seed: 1 }),
    );
    const wrong = modelFrom(
      classes as Model['pipeline'],
      { width: 8, height: 8, range: [0, 1] },
      { task: keypoints() },
    );
    await expect(wrong).rejects.toThrow(ShapeError);
    await expect(wrong).rejects.toThrow('keypoints needs the output of a model of poses, but got [1, 9]');
  });

  it('with another number of points than names is refused', async () => {
    const names = ['a', 'b', 'c'];
    const wrong = modelFrom(
      net as unknown as Model['pipeline'],
      { width: 40, height: 40, range: [0, 1] },
      { task: keypoints({ names }) },
    );
    await expect(wrong).rejects.toThrow('needs an output of 3 points (names), but [1, 1, 2, 3] has 2');
  });
});

test('the task is made again of its spec', () => {
  const settings = { head: 'yolo', names: ['a', 'b'], edges: [['a', 'b']], units: 'relative', points: 2 } as const;
  const { spec } = keypoints(settings);
  expect(spec).toEqual({ kind: 'keypoints', ...settings });
  expect(taskFromSpec(JSON.parse(JSON.stringify(spec))).spec).toEqual(spec);
  expect(() => taskFromSpec({ kind: 'keypoints', head: 'none' })).toThrow(OptionError);
  expect(() => taskFromSpec({ kind: 'keypoints', skeleton: [] })).toThrow('has no option "skeleton"');
});
