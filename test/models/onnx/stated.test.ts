import { importModel, pipeline, globalAvgPool, softmax, useEngine, writeOnnx, type ImportOptions } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OnnxGraph } from '../../../src/onnx/onnx-model.ts';
import { foreign } from './foreign.ts';

beforeAll(() => useEngine('cpu'));

/** A network of another program that takes `[1, 3, height, width]` and gives the mean of each channel; sizes may be open. */
function file(
  metadata: Readonly<Record<string, string>>,
  size: readonly (number | string)[] = [4, 4],
  first: readonly (readonly [op: string, value: number])[] = [],
): File {
  const names = ['images', ...first.map((_, i) => `first${i}`)];
  const graph: OnnxGraph = {
    name: 'means',
    nodes: [
      ...first.map(([op], i) => ({
        name: `first${i}`,
        op,
        inputs: [names[i] ?? '', `value${i}`],
        outputs: [`first${i}`],
        attributes: {},
      })),
      { name: 'pool', op: 'GlobalAveragePool', inputs: [names.at(-1) ?? ''], outputs: ['means'], attributes: {} },
      { name: 'flat', op: 'Flatten', inputs: ['means'], outputs: ['row'], attributes: { axis: 1 } },
      { name: 'soft', op: 'Softmax', inputs: ['row'], outputs: ['scores'], attributes: { axis: 1 } },
    ],
    initializers: new Map(
      first.map(([, value], i) => [`value${i}`, { shape: [1, 1, 1, 1], data: Float32Array.of(value) }]),
    ),
    inputs: { images: [1, 3, ...size] },
    outputs: { scores: [1, 3] },
    shapes: new Map(),
    metadata,
  };
  return new File([foreign(graph)], 'model.onnx');
}

async function imported(files: readonly File[], options: ImportOptions = {}) {
  const warnings: string[] = [];
  return { ...(await importModel(files, { ...options, onWarning: (message) => warnings.push(message) })), warnings };
}

const ULTRALYTICS = {
  author: 'Ultralytics',
  task: 'classify',
  stride: '1',
  imgsz: '[4, 6]',
  names: "{0: 'cat', 1: 'dog', 2: 'hen'}",
};

describe('what an ONNX file states', () => {
  it('of Ultralytics: labels and preparation, and the size where it is open', async () => {
    const { labels, preprocess, warnings } = await imported([file(ULTRALYTICS)]);
    expect(labels).toEqual(['cat', 'dog', 'hen']);
    const stated = { fit: 'cover', resizeMethod: 'antialias', range: [0, 1] };
    expect(preprocess).toEqual({ width: 4, height: 4, channels: 3, ...stated });
    expect(warnings).toEqual([]);
    const open = await imported([file(ULTRALYTICS, ['height', 'width'])]);
    expect(open.preprocess).toEqual({ width: 6, height: 4, channels: 3, ...stated });
    const other = await imported([file(ULTRALYTICS, ['height', 'width'])], { inputShape: [1, 8, 8, 3], preset: 'tf' });
    expect(other.preprocess).toMatchObject({ width: 8, height: 8, range: [-1, 1] });
  });

  it('beside it, of Hugging Face', async () => {
    const processor = { size: { height: 5, width: 7 }, image_mean: [0.1, 0.2, 0.3], image_std: [1, 1, 1], resample: 3 };
    const config = { model_type: 'x', id2label: { 0: 'a', 1: 'b', 2: 'c' } };
    const beside = [
      new File([JSON.stringify(processor)], 'preprocessor_config.json'),
      new File([JSON.stringify(config)], 'config.json'),
    ];
    const { labels, preprocess, warnings } = await imported([file({}, ['h', 'w']), ...beside]);
    expect(labels).toEqual(['a', 'b', 'c']);
    expect(preprocess).toMatchObject({
      width: 7,
      height: 5,
      fit: 'fill',
      mean: [0.1, 0.2, 0.3],
      resizeMethod: 'bicubic',
    });
    expect(warnings).toEqual([]);
  });

  it.each<[string, readonly [op: string, value: number][], readonly number[]]>([
    [
      'x / 127.5 − 1',
      [
        ['Div', 127.5],
        ['Sub', 1],
      ],
      [0, 255],
    ],
    [
      '2 x − 1',
      [
        ['Mul', 2],
        ['Sub', 1],
      ],
      [0, 1],
    ],
  ])('by its first operations, %s', async (_what, operations, range) => {
    const { preprocess, warnings } = await imported([file({}, [4, 4], operations)]);
    expect(preprocess).toMatchObject({ range });
    expect(warnings).toEqual([]);
  });

  it('nothing: a warning says what was assumed, and a size is asked for', async () => {
    expect((await imported([file({})])).warnings).toEqual([expect.stringContaining('does not state the range')]);
    await expect(imported([file({}, ['h', 'w'])])).rejects.toThrow('give inputShape (--size)');
  });

  it('by sluice: comes back as it was, but for what the options say', async () => {
    const net = pipeline({ name: 'means', inputShape: [1, 4, 4, 3] }, globalAvgPool(), softmax());
    const preprocess = {
      width: 4,
      height: 4,
      channelOrder: 'bgr',
      scale: 1,
      mean: [1, 2, 3],
      std: 2,
      resizeMethod: 'lanczos',
    };
    const metadata = { preprocess: JSON.stringify(preprocess), labels: '["a", "b", "c"]' };
    const bytes = writeOnnx(net, { metadata }) as Uint8Array<ArrayBuffer>;
    const own = new File([bytes], 'own.onnx');
    const read = await imported([own]);
    expect(read).toMatchObject({ labels: ['a', 'b', 'c'], preprocess, warnings: [] });
    const changed = await imported([own], { preset: 'torch', fit: 'contain' });
    expect(changed.preprocess).toMatchObject({ fit: 'contain', mean: [0.485, 0.456, 0.406], resizeMethod: 'lanczos' });
    expect(changed.preprocess).not.toHaveProperty('channelOrder');
    expect(changed.preprocess).not.toHaveProperty('scale');
  });
});
