import { lastValueFrom } from 'rxjs';
import {
  frameSource,
  importModel,
  infer,
  keypoints,
  OptionError,
  useEngine,
  type KeypointOptions,
  type KeypointOutputs,
  type Pixels,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OnnxGraph } from '../../../src/onnx/onnx-model.ts';
import { foreign } from '../../models/onnx/foreign.ts';

beforeAll(() => useEngine('cpu'));

/** Centre x, centre y, width, height, score, and two points, in pixels of an input of 32 × 32. */
const OBJECT = [16, 16, 8, 8, 0.75, 14, 16, 0.5, 18, 20, 1];
const METADATA = { author: 'Ultralytics', task: 'pose', stride: '32', imgsz: '[32, 32]', names: "{0: 'tiger'}" };

/** A model of another program that gives the object as the last of twelve candidates, `[1, 11, 12]`, whatever it sees. */
function exported(metadata: Readonly<Record<string, string>>): File {
  const numbers = OBJECT.flatMap((number) => [...Array.from({ length: 11 }, () => 0), number]);
  const graph: OnnxGraph = {
    name: 'pose',
    nodes: [
      { name: 'pool', op: 'GlobalAveragePool', inputs: ['images'], outputs: ['means'], attributes: {} },
      { name: 'flat', op: 'Flatten', inputs: ['means'], outputs: ['row'], attributes: { axis: 1 } },
      { name: 'all', op: 'Gemm', inputs: ['row', 'kernel', 'bias'], outputs: ['numbers'], attributes: {} },
      { name: 'shaped', op: 'Reshape', inputs: ['numbers', 'shape'], outputs: ['output0'], attributes: {} },
    ],
    initializers: new Map([
      ['kernel', { shape: [3, 132], data: new Float32Array(396) }],
      ['bias', { shape: [132], data: Float32Array.from(numbers) }],
      ['shape', { shape: [3], data: BigInt64Array.of(1n, 11n, 12n) }],
    ]),
    inputs: { images: [1, 3, 32, 32] },
    outputs: { output0: [1, 11, 12] },
    shapes: new Map(),
    metadata,
  };
  return new File([foreign(graph)], 'pose.onnx');
}

/** The poses in a picture of 64 × 32, which the network sees at half its size, with bars above and below. */
async function posesBy(
  metadata: Readonly<Record<string, string>>,
  settings?: KeypointOutputs,
  options?: KeypointOptions,
) {
  const model = await importModel([exported(metadata)], { task: keypoints(settings) });
  const data: Pixels = { width: 64, height: 32, channels: 3, data: new Uint8Array(64 * 32 * 3) };
  const result = await lastValueFrom(
    frameSource([{ data, timestamp: 0 }], { source: 'x' }).pipe(infer(model, { ...options })),
  );
  return { model, ...result };
}

describe('a pose model that Ultralytics exported', () => {
  it('is read by what its file states', async () => {
    const { model, poses, picture } = await posesBy({ ...METADATA, kpt_shape: '[2, 3]' });
    expect(model.task.spec).toEqual({ kind: 'keypoints', points: 2 });
    expect(model.preprocess).toMatchObject({ width: 32, height: 32, fit: 'contain', range: [0, 1] });
    expect(model.labels).toEqual(['tiger']);
    expect(picture).toEqual({ width: 64, height: 32 });
    expect(poses).toEqual([
      {
        score: 0.75,
        box: { x: 24, y: 8, width: 16, height: 16 },
        points: [
          { name: 'point 0', x: 28, y: 16, score: 0.5 },
          { name: 'point 1', x: 36, y: 24, score: 1 },
        ],
      },
    ]);
  });

  it('of points without scores has three of them in the same shape', async () => {
    const { poses } = await posesBy({ ...METADATA, kpt_shape: '[3, 2]' }, {}, { minPointScore: 0.7 });
    expect(poses[0]?.points.map(({ score }) => score)).toEqual([0.75, 0.75, 0.75]);
  });

  it('takes names of points, which count them as well', async () => {
    const { poses } = await posesBy({ ...METADATA, kpt_shape: '[2, 3]' }, { names: ['head', 'tail'] });
    expect(poses[0]?.points.map(({ name }) => name)).toEqual(['head', 'tail']);
  });

  it('needs a number of points where its shape leaves that open', async () => {
    const wrong = importModel([exported(METADATA)], { task: keypoints() });
    await expect(wrong).rejects.toThrow(OptionError);
    await expect(wrong).rejects.toThrow(
      "pose.onnx: keypoints needs keypoints({ head: 'yolo', points: 2 }) or keypoints({ head: 'yolo', points: 3 }) for an output",
    );
  });

  it('is no classifier, nor a model of another number of points', async () => {
    const file = [exported({ ...METADATA, kpt_shape: '[2, 3]' })];
    await expect(importModel(file)).rejects.toThrow('gives no classes, its task is keypoints: give task: keypoints()');
    await expect(importModel(file, { task: keypoints({ points: 4 }) })).rejects.toThrow('needs an output of 4 points');
  });

  it('of several classes is refused', async () => {
    const file = [exported({ ...METADATA, kpt_shape: '[2, 3]', names: "{0: 'cat', 1: 'dog'}" })];
    await expect(importModel(file, { task: keypoints() })).rejects.toThrow('poses are of one class, but there are 2');
  });
});
