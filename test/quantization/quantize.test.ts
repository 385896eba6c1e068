import { EMPTY, lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  batchNorm,
  classification,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  flatten,
  frameSource,
  globalAvgPool,
  graph,
  infer,
  maxPool,
  pipeline,
  readModel,
  regression,
  residual,
  softmax,
  stage,
  useEngine,
  writeModel,
  writeOnnx,
  importModel,
  type AnyStage,
  type Model,
  type Pixels,
} from 'sluice';
import { quantize } from 'sluice/node';
import type { Tensor } from '@tensorflow/tfjs-core';
import { randomFrom } from '../support/random.ts';

const SIZE = 12;

function picture(seed: number, size = SIZE): Pixels {
  const random = randomFrom(seed);
  const data = Uint8Array.from({ length: size * size * 3 }, () => Math.floor(256 * random() ** (1 + (seed % 5))));
  return { width: size, height: size, channels: 3, data };
}

const frames = (count: number, size = SIZE) =>
  frameSource(
    Array.from({ length: count }, (_, i) => ({ data: picture(i, size), timestamp: i * 1e6 })),
    { source: 'pictures' },
  );

function modelOf(...stages: readonly AnyStage[]): Model {
  const net = pipeline({ name: 'net', inputShape: [1, SIZE, SIZE, 3] }, ...(stages as [AnyStage]), softmax() as never);
  return {
    name: 'net',
    preprocess: { width: SIZE, height: SIZE, range: [-1, 1] },
    pipeline: net as never,
    task: classification(),
    labels: ['a', 'b', 'c', 'd'],
  };
}

const small = () =>
  modelOf(
    conv2d({ name: 'first', filters: 8, kernelSize: 3, padding: 'same', seed: 1, useBias: false }),
    batchNorm({ name: 'norm', seed: 2 }),
    activation('relu6', { name: 'relu' }),
    depthwiseConv2d({ name: 'deep', kernelSize: 3, strides: 2, seed: 3, activation: 'relu' }),
    maxPool({ poolSize: 2 }),
    conv2d({ name: 'swishing', filters: 8, kernelSize: 1, seed: 4, activation: 'swish' }),
    globalAvgPool(),
    dense({ name: 'fc', units: 4, seed: 5 }),
  );

async function scores(model: Model, count = 8): Promise<number[][]> {
  const results = await lastValueFrom(frames(count).pipe(infer(model, { top: 4 }), toArray()));
  return results.map(({ classes }) => classes.toSorted((a, b) => a.index - b.index).map(({ score }) => score));
}

const distance = (one: number[][], other: number[][]) =>
  Math.max(...one.flatMap((row, i) => row.map((score, c) => Math.abs(score - (other[i]?.[c] as number)))));

describe.each(['onnxruntime', 'wasm'] as const)('on %s', (engine) => {
  beforeAll(() => useEngine(engine, { threads: 1 }));
  afterAll(() => useEngine('cpu'));

  test('a network of all layers stays close to the float one', async () => {
    const model = small();
    const { model: made, report } = await quantize(model, frames(16));
    expect(report).toMatchObject({ calibrated: 12, heldOut: 4, others: [] });
    expect(report.layers.map(({ name }) => name)).toEqual(['first', 'deep', 'swishing', 'fc']);
    for (const { snr, float } of report.layers) {
      expect(snr).toBeGreaterThan(20);
      expect(float).toBe(false);
    }
    expect(report.agreement?.of).toBe(4);
    expect(made.pipeline.parts.map(({ name }) => name)).toEqual([
      ...[
        'first.input',
        'first',
        'relu',
        'relu.rounded',
        'deep',
        'deep.rounded',
        'maxPool',
        'swishing.input',
        'swishing',
      ],
      ...['swishing.rounded', 'swishing.activation', 'globalAvgPool', 'fc.input', 'fc', 'softmax'],
    ]);
    expect(distance(await scores(model), await scores(made))).toBeLessThan(0.03);
  });

  test('a residual block and a graph are rounded inside, too', async () => {
    const conv = (name: string, seed: number, kernelSize = 3) =>
      conv2d({ name, filters: 8, kernelSize, padding: 'same', seed });
    const model = modelOf(
      conv('first', 1),
      residual({ name: 'block', activation: 'relu', shortcut: conv('side', 9, 1) }, conv('a', 2), conv('b', 3)),
      graph({
        name: 'graph',
        input: 'in',
        nodes: {
          left: { from: 'in', stage: conv('left', 4) },
          sum: { from: ['left', 'in'], merge: 'add' },
          relu: { from: 'sum', stage: activation('relu') },
          right: { from: 'relu', stage: conv('right', 5) },
        },
        output: 'right',
      }),
      globalAvgPool(),
      dense({ name: 'fc', units: 4, seed: 6 }),
    );
    const { model: made, report } = await quantize(model, frames(16));
    expect(report.layers.map(({ name }) => name)).toEqual([
      ...['first', 'block/a', 'block/b', 'block/shortcut/side', 'graph/left', 'graph/right', 'fc'],
    ]);
    const nodes = JSON.stringify(made.pipeline.spec);
    expect(nodes).toContain('"relu.rounded"');
    expect(nodes).not.toContain('"sum.rounded"');
    expect(distance(await scores(model), await scores(made))).toBeLessThan(0.05);
  });
});

describe('on wasm', () => {
  beforeAll(() => useEngine('wasm', { threads: 1 }));

  test('both kinds of files give the same model again', async () => {
    const { model } = await quantize(small(), frames(8));
    const expected = await scores(model);
    const safe = readModel(writeModel(model), 'net.safetensors');
    expect(distance(await scores(safe), expected)).toBe(0);
    const { preprocess, labels } = model;
    const metadata = { preprocess: JSON.stringify(preprocess), labels: JSON.stringify(labels) };
    const file = new File([writeOnnx(model.pipeline, { metadata }) as BlobPart], 'net.onnx');
    const imported = await importModel([file]);
    // A bias in the file is whole, so that a number halfway between two levels may go to the other one.
    expect(distance(await scores(imported), expected)).toBeLessThan(0.01);
    expect(imported.labels).toEqual(labels);
  });

  test('the same frames give the same model', async () => {
    const [one, other] = [await quantize(small(), frames(8)), await quantize(small(), frames(8))];
    expect(Buffer.from(writeModel(one.model)).equals(Buffer.from(writeModel(other.model)))).toBe(true);
  });

  test('the ratio of a layer is that of the frames that are held out: by hand for the first layer', async () => {
    const net = modelOf(
      conv2d({ name: 'first', filters: 2, kernelSize: SIZE, seed: 1 }),
      flatten(),
      dense({ name: 'fc', units: 4, seed: 2 }),
    );
    // With −1 to 1, every value would lie halfway between two levels.
    const model = { ...net, preprocess: { ...net.preprocess, range: [-1, 0.73] as const } };
    const { report, model: made } = await quantize(model, frames(8));
    // 3 and 7 are held out. What is rounded has the model's own levels and kernel; its bias has the correction, which is no noise.
    const [exact, rounded] = [model, made].map(
      ({ pipeline }) => pipeline.weights([1, SIZE, SIZE, 3])['first/kernel']?.data,
    );
    const levels = made.pipeline.parts[0]?.stage.spec;
    const [scale, zeroPoint] = [Number(levels?.['scale']), Number(levels?.['zeroPoint'])];
    let [signal, noise] = [0, 0];
    for (const seed of [3, 7]) {
      const values = Array.from(picture(seed).data, (byte) => (byte / 255) * 1.73 - 1);
      for (const filter of [0, 1]) {
        const sums = values.reduce(
          ([y, z], x, i) => {
            const level = Math.max(0, Math.min(255, Math.round(x / scale) + zeroPoint)) - zeroPoint;
            const at = 2 * i + filter;
            return [y + x * (exact?.[at] ?? NaN), z + level * scale * (rounded?.[at] ?? NaN)] as const;
          },
          [0, 0] as readonly [number, number],
        );
        signal += sums[0] ** 2;
        noise += (sums[0] - sums[1]) ** 2;
      }
    }
    expect(report.layers[0]?.snr).toBeCloseTo(10 * Math.log10(signal / noise), 1);
  });

  test('the frames that are held out change nothing in the model', async () => {
    const others = (from: number) =>
      frameSource(
        Array.from({ length: 8 }, (_, i) => ({ data: picture(i % 4 === 3 ? from + i : i), timestamp: i * 1e6 })),
        { source: 'pictures' },
      );
    const [one, other] = [await quantize(small(), others(0)), await quantize(small(), others(50))];
    expect(Buffer.from(writeModel(one.model)).equals(Buffer.from(writeModel(other.model)))).toBe(true);
    expect(one.report.layers).not.toEqual(other.report.layers);
  });

  test.each([{ method: 'percentile', percentile: 99 } as const, { method: 'entropy' } as const])(
    'ranges by $method lie within those of all values',
    async (options) => {
      const [all, fewer] = [await quantize(small(), frames(16)), await quantize(small(), frames(16), options)];
      const [widest, scales] = [all, fewer].map(({ model }) =>
        model.pipeline.parts.map(({ stage: { spec } }) => Number(spec['scale'] ?? 0)),
      );
      expect(scales).not.toEqual(widest);
      scales?.forEach((scale, i) => expect(scale).toBeLessThanOrEqual(widest?.[i] ?? NaN));
      expect(distance(await scores(small()), await scores(fewer.model))).toBeLessThan(0.3);
    },
  );

  test('layers that are kept stay as they were', async () => {
    const { model, report } = await quantize(small(), frames(8), { keepFloat: ['deep', 'swishing', 'fc'] });
    expect(report.layers.filter(({ float }) => !float).map(({ name }) => name)).toEqual(['first']);
    expect(model.pipeline.parts.map(({ name }) => name)).toEqual([
      ...[
        'first.input',
        'first',
        'relu',
        'relu.rounded',
        'deep',
        'maxPool',
        'swishing',
        'globalAvgPool',
        'fc',
        'softmax',
      ],
    ]);
    const [exact, made] = [small().pipeline, model.pipeline].map((net) => net.weights([1, SIZE, SIZE, 3]));
    expect(made?.['fc/kernel']?.data).toEqual(exact?.['fc/kernel']?.data);
  });

  test('a limit of the loss keeps the noisiest layers float, until it holds', async () => {
    // With logits that are nearly equal, rounding changes the first class.
    const model = modelOf(
      conv2d({ name: 'noisy', filters: 64, kernelSize: SIZE, seed: 1 }),
      flatten(),
      dense({ name: 'fc', units: 4, seed: 2 }),
    );
    const { report } = await quantize(model, frames(64), { maxLoss: 0 });
    const { same, of } = report.agreement ?? { same: 0, of: 1 };
    const kept = report.layers.filter(({ float }) => float);
    expect(same === of).toBe(true);
    const noisiest = report.layers.toSorted((a, b) => a.snr - b.snr).slice(0, kept.length);
    expect(kept.map(({ name }) => name).toSorted()).toEqual(noisiest.map(({ name }) => name).toSorted());
  });

  test('pictures of other sizes go through the preparation of the model', async () => {
    const { report } = await quantize(small(), frames(8, 31));
    expect(report.calibrated).toBe(6);
  });

  test('of more frames than may be kept, those that are kept are spread evenly', async () => {
    const { report } = await quantize(small(), frames(33), { maxFrames: 8 });
    expect(report.calibrated + report.heldOut).toBe(5); // 0, 8, 16, 24, 32
  });

  test('no frame is an error, one is a warning', async () => {
    await expect(quantize(small(), EMPTY)).rejects.toThrow(/needs frames to calibrate with/);
    const warnings: string[] = [];
    const { report } = await quantize(small(), frames(1), { onWarning: (text) => warnings.push(text) });
    expect(warnings.join()).toMatch(/one picture only/);
    expect(report).toMatchObject({ calibrated: 1, heldOut: 0 });
  });

  test('stages that cannot be quantized are named and stay float', async () => {
    const model = modelOf(
      conv2d({ name: 'first', filters: 4, kernelSize: 3, strides: 2, seed: 1 }),
      conv2dTranspose({ name: 'up', filters: 4, kernelSize: 3, seed: 2 }),
      globalAvgPool(),
    );
    const { report } = await quantize(model, frames(8));
    expect(report.others).toEqual(['up (conv2dTranspose)']);
    const only = modelOf(conv2dTranspose({ name: 'up', filters: 4, kernelSize: 3, seed: 2 }), globalAvgPool());
    await expect(quantize(only, frames(8))).rejects.toThrow(/no layer that can be quantized: .*up \(conv2dTranspose\)/);
  });

  test("stages that are not sluice's own are refused by name", async () => {
    const own = stage<Tensor, Tensor>({ spec: { op: 'mine' }, outputShape: (x) => x, kernel: () => (x) => x.clone() });
    const model = modelOf(own, flatten(), dense({ units: 4, seed: 1 }));
    await expect(quantize(model, frames(4))).rejects.toThrow(/not sluice's own, mine/);
  });

  test.each([
    [{ keepFloat: ['firts'] }, /no layer "firts" that could stay float; it has first/],
    [{ maxLoss: 1 }, /maxLoss must be/],
    [{ maxFrames: 0 }, /maxFrames must be/],
    [{ method: 'mean' as never }, /method must be minmax, percentile or entropy, not "mean"/],
    [{ method: 'entropy', percentile: 99 } as const, /method must be percentile where percentile is given/],
    [{ percentile: 99 }, /method must be percentile where percentile is given/],
    [{ method: 'percentile', percentile: 101 } as const, /percentile must be a number from 50 to 100/],
  ])('wrong options: %j', async (options, message) => {
    await expect(quantize(small(), frames(4), options)).rejects.toThrow(message);
  });

  test('a limit of the loss is for classifiers', async () => {
    const model = { ...small(), task: regression(), labels: [] } as unknown as Model;
    await expect(quantize(model, frames(4), { maxLoss: 0.1 })).rejects.toThrow(/task of net is regression/);
  });
});
