import { readFileSync } from 'node:fs';
import { firstValueFrom, from } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  classification,
  dense,
  flatten,
  Frame,
  infer,
  OptionError,
  pipeline,
  preprocess,
  presets,
  toTensor,
  useEngine,
  type Model,
  type Pixels,
  type PreprocessOptions,
  type PresetName,
} from 'sluice';
import { ENGINES } from '../support/compute.ts';

/** Two pixels beside each other. */
const PICTURE: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 200, 100, 50) };
const [RED, GREEN, BLUE] = [
  [10, 200],
  [20, 100],
  [30, 50],
] as const;

/** The formulas as Keras' imagenet_utils has them, for each channel of the tensor. */
const WANTED: Readonly<Record<PresetName, readonly (readonly number[])[]>> = {
  tf: [RED, GREEN, BLUE].map((channel) => channel.map((x) => x / 127.5 - 1)),
  torch: [
    RED.map((x) => (x / 255 - 0.485) / 0.229),
    GREEN.map((x) => (x / 255 - 0.456) / 0.224),
    BLUE.map((x) => (x / 255 - 0.406) / 0.225),
  ],
  caffe: [BLUE.map((x) => x - 103.939), GREEN.map((x) => x - 116.779), RED.map((x) => x - 123.68)],
  keras: [RED, GREEN, BLUE],
  raw: [RED, GREEN, BLUE],
};

function run(options: PreprocessOptions): { readonly shape: readonly number[]; readonly data: readonly number[] } {
  const kernel = preprocess(options).build([1, 1, 2, 3]);
  const tensor = kernel.run(PICTURE);
  const result = { shape: tensor.shape, data: [...tensor.dataSync()] };
  tensor.dispose();
  kernel.dispose();
  return result;
}

function expectNear(data: readonly number[], wanted: readonly number[], apart = 1e-5): void {
  expect(data).toHaveLength(wanted.length);
  wanted.forEach((value, i) =>
    expect(Math.abs((data[i] ?? NaN) - value)).toBeLessThan(apart * Math.max(1, Math.abs(value))),
  );
}

const NAMES = Object.keys(WANTED) as PresetName[];
const SIZE = { width: 2, height: 1 } as const;

describe.each(ENGINES)('presets on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test.each(NAMES)('%s', (name) => {
    const { shape, data } = run({ ...SIZE, ...presets[name] });
    expect(shape).toEqual([1, 1, 2, 3]);
    const [first, second, third] = WANTED[name].map((channel) => [...channel]);
    expectNear(
      data,
      [0, 1].flatMap((i) => [first, second, third].map((channel) => channel?.[i] ?? NaN)),
    );
  });

  test.each(NAMES)('%s with channels first', (name) => {
    const { shape, data } = run({ ...SIZE, ...presets[name], layout: 'nchw' });
    expect(shape).toEqual([1, 3, 1, 2]);
    expectNear(data, WANTED[name].flat());
  });

  test('grey with channels first', () => {
    const { shape, data } = run({ ...SIZE, channels: 1, layout: 'nchw', range: [0, 255] });
    expect(shape).toEqual([1, 1, 1, 2]);
    expectNear(
      data,
      [0, 1].map((i) => 0.299 * RED[i as 0] + 0.587 * GREEN[i as 0] + 0.114 * BLUE[i as 0]),
    );
  });

  test('toTensor alone', () => {
    const kernel = toTensor({ channelOrder: 'bgr', layout: 'nchw' }).build([1, 1, 2, 3]);
    const tensor = kernel.run(PICTURE);
    expect([...tensor.dataSync()]).toEqual([...BLUE, ...GREEN, ...RED]);
    tensor.dispose();
    kernel.dispose();
  });
});

describe.each(['wasm', 'onnxruntime'] as const)('presets within a model on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  // A fully connected layer of ones and zeros shows what the network gets.
  const unit = Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : 0));
  const shows = (options: PreprocessOptions, shape: readonly number[]): Model => ({
    name: 'shows',
    preprocess: options,
    pipeline: pipeline(
      { name: 'shows', inputShape: shape },
      flatten(),
      dense({ units: 6, useBias: false, weights: { kernel: unit } }),
    ),
    task: classification(),
    labels: ['0', '1', '2', '3', '4', '5'],
  });
  async function seen(model: Model): Promise<number[]> {
    const frames = from([Frame.of(PICTURE, { source: 'test', seq: 0, timestamp: 0 })]);
    const { classes } = await firstValueFrom(frames.pipe(infer(model, { top: 6 })));
    return classes.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
  }

  test.each(NAMES)('%s', async (name) => {
    const wanted = [0, 1].flatMap((i) => WANTED[name].map((channel) => channel[i] ?? NaN));
    expectNear(await seen(shows({ ...SIZE, ...presets[name] }, [1, 1, 2, 3])), wanted, 1e-5);
  });
  test.each(NAMES)('%s with channels first', async (name) => {
    const options = { ...SIZE, ...presets[name], layout: 'nchw' } as const;
    expectNear(await seen(shows(options, [1, 3, 1, 2])), WANTED[name].flat(), 1e-5);
  });
});

describe('toTensor and preprocess are told impossible things', () => {
  test.each<[object, string]>([
    [{ channelOrder: 'grb' }, 'channelOrder must be rgb or bgr, not "grb"'],
    [{ channelOrder: null }, 'channelOrder must be rgb or bgr, not null'],
    [{ layout: 'hwc' }, 'layout must be nhwc or nchw, not "hwc"'],
    [{ layout: 'NCHW' }, 'layout must be nhwc or nchw, not "NCHW"'],
    [{ channels: 1, channelOrder: 'bgr' }, 'channelOrder bgr needs channels 3, not 1'],
  ])('%j', (options, message) => {
    expect(() => toTensor(options)).toThrow(OptionError);
    expect(() => toTensor(options)).toThrow(`toTensor: ${message}`);
    const whole = { ...SIZE, range: [0, 1], ...options } as unknown as PreprocessOptions;
    expect(() => preprocess(whole)).toThrow(`preprocess: ${message}`);
  });
  test('a preset of a mean for each channel, and grey', () => {
    expect(() => preprocess({ ...SIZE, ...presets.torch, channels: 1 })).toThrow('mean and std must be one number');
  });
  test('a preset and a range', () => {
    const both = { ...SIZE, ...presets.torch, range: [0, 1] } as PreprocessOptions;
    expect(() => preprocess(both)).toThrow('range excludes mean, std and scale');
  });
});

test('the specs of tensors in the usual order are as they were', () => {
  expect(toTensor({ channelOrder: 'rgb', layout: 'nhwc' }).spec).toEqual({ op: 'toTensor', channels: 3 });
  expect(toTensor({ channelOrder: 'bgr' }).spec).toEqual({ op: 'toTensor', channels: 3, channelOrder: 'bgr' });
  expect(preprocess({ ...SIZE, ...presets.raw }).spec).not.toHaveProperty('channelOrder');
});

test('each row of the table of presets in the documentation is a preset', () => {
  const text = readFileSync(new URL('../../docs/models.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(tf|torch|caffe|keras|raw)` +\| ([^|]*?) +\| (RGB|BGR) /gm)];
  expect(rows.map(([, name]) => name)).toEqual(NAMES);
  for (const [, name, formula = '', order] of rows) {
    const preset = presets[name as PresetName];
    expect(preset.channelOrder).toBe(order?.toLowerCase());
    WANTED[name as PresetName].forEach((channel, c) => {
      const x = (order === 'BGR' ? [BLUE, GREEN, RED] : [RED, GREEN, BLUE])[c]?.[1] ?? NaN;
      expect(valueOf(formula, x, c)).toBeCloseTo(channel[1] ?? NaN, 4);
    });
  }
});

/** Computes a formula of the table, such as `(x / 255 − [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]`, for one channel. */
function valueOf(formula: string, x: number, channel: number): number {
  const plain = formula
    .replaceAll('−', '-')
    .replaceAll('`', '')
    .replaceAll(/\[([^\]]*)\]/g, (_, list: string) => list.split(',')[channel] ?? 'NaN');
  const [, first = '', minus = '0', over = '1'] =
    /^\(?x(?: \/ ([\d.]+))?(?: - +([\d.]+))?\)?(?: \/ +([\d.]+))?$/.exec(plain) ?? [];
  return (x / Number(first || 1) - Number(minus)) / Number(over);
}
