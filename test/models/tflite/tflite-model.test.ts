import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { strToU8 } from 'fflate';
import { importModel, onnxModel, tfliteModel, useEngine, writeOnnx, type LayersModelOptions } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadPipeline } from '../../../src/models/named-model.ts';
import { expectClose } from '../../support/compute.ts';
import { randomFrom } from '../../support/random.ts';
import { metadataBytes, withArchive, type Stated } from './metadata-writer.ts';
import { tfliteSamples } from './tflite-samples.ts';
import { TfliteWriter, type Field, type Told } from './tflite-writer.ts';

const int = (value: number): Field => ({ int: value });
const byte = (value: number): Field => ({ byte: value });
const random = randomFrom(3);
const numbers = (count: number) => Float32Array.from({ length: count }, () => random() * 2 - 1);
const read = (bytes: Uint8Array<ArrayBuffer>, options: LayersModelOptions = {}) =>
  tfliteModel([new File([bytes], 'm.tflite')], options);

/** A classifier of three classes as MobileNet is one: convolution, depthwise convolution, mean, 1 × 1 convolution, softmax. */
function classifier(told: Told = {}, metadata?: Stated): Uint8Array<ArrayBuffer> {
  const file = new TfliteWriter();
  const x = file.input([1, 8, 8, 3], told);
  const [w, d, h] = [
    file.constant([4, 3, 3, 3], numbers(108)),
    file.constant([1, 3, 3, 4], numbers(36)),
    file.constant([3, 1, 1, 4], numbers(12)),
  ];
  const first = file.op('CONV_2D', [x, w], [1, 4, 4, 4], [byte(0), int(2), int(2), byte(3)], {
    name: 'net/Conv2d_0/Relu6;net/bn',
  });
  const second = file.op('DEPTHWISE_CONV_2D', [first, d], [1, 4, 4, 4], [byte(0), int(1), int(1), int(1), byte(3)], {
    name: '/net/Conv2d_0/Relu6',
  });
  const mean = file.op('AVERAGE_POOL_2D', [second], [1, 1, 1, 4], [byte(1), int(4), int(4), int(4), int(4), byte(0)], {
    name: 'net.Conv2d_0.Relu6',
  });
  const logits = file.op('CONV_2D', [mean, h], [1, 1, 1, 3], [byte(1), int(1), int(1), byte(0)], { name: '' });
  const row = file.op('RESHAPE', [logits, file.ints(1, 3)], [1, 3]);
  const y = file.op('SOFTMAX', [row], [1, 3], [{ float: 1 }], { name: 'scores' });
  return file.finish([y], metadata ? { metadata: metadataBytes(metadata) } : {});
}

beforeAll(() => useEngine('cpu'));

describe('tfliteModel', () => {
  it('names stages after values: one name each, without slashes, and only the first of merged names', async () => {
    const net = await read(classifier());
    expect(net.parts.map(({ name }) => name)).toEqual([
      ...['net.Conv2d_0.Relu6', 'net.Conv2d_0.Relu6_1', 'net.Conv2d_0.Relu6_2', 'CONV_2D'],
      ...[expect.stringMatching(/^reshape/), 'scores'],
    ]);
    expect(net.name).toBe('main');
    expect(net.inputShape).toEqual([1, 8, 8, 3]);
    expect(net.outputShape([1, 8, 8, 3])).toEqual([1, 3]);
  });

  it('takes any batch', async () => {
    const net = await read(classifier());
    const x = tf.tensor4d(numbers(2 * 192), [2, 8, 8, 3]);
    const run = (input: tf.Tensor) =>
      Array.from(
        net
          .build(input.shape)
          .run(input as tf.Tensor4D)
          .dataSync(),
      );
    const [both, first] = [run(x), run(tf.slice(x, [0, 0, 0, 0], [1, 8, 8, 3]))];
    expectClose({ shape: [3], data: both.slice(0, 3) }, { shape: [3], data: first }, 1e-6);
  });

  it('gives the same numbers as the ONNX file that is written of it', async () => {
    const net = await read(classifier());
    const again = await onnxModel([new File([writeOnnx(net) as Uint8Array<ArrayBuffer>], 'm.onnx')]);
    const x = tf.tensor4d(numbers(192), [1, 8, 8, 3]);
    const run = (one: typeof net) => ({ shape: [3], data: Array.from(one.build(x.shape).run(x).dataSync()) });
    expectClose(run(again), run(net), 1e-6);
  });

  it('reads the files that others damage', async () => {
    const nets = await Promise.all(tfliteSamples().map(async (bytes) => read(bytes)));
    const shapes = nets.map((net) => net.outputShape(net.inputShape ?? []));
    expect(shapes).toEqual([
      [1, 3],
      [1, 1, 12, 12],
    ]);
  });

  it('is found by the path of its file, and by that of its folder', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tflite-'));
    writeFileSync(path.join(folder, 'mine.tflite'), classifier());
    for (const source of [path.join(folder, 'mine.tflite'), folder]) {
      const net = await loadPipeline({ model: source });
      expect(net.parts).toHaveLength(6);
    }
  });

  it('makes a graph of branches', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 4, 4, 2]);
    const [a, b] = [
      file.op('RELU', [x], [1, 4, 4, 2], [], { name: 'a' }),
      file.op('NEG', [x], [1, 4, 4, 2], [], { name: 'b' }),
    ];
    const net = await read(file.finish([file.op('ADD', [a, b], [1, 4, 4, 2], [byte(0)], { name: 'sum' })]));
    expect(net.parts.map(({ name, stage }) => [name, stage.spec.op])).toEqual([['sum', 'graph']]);
  });

  it('reads the value that output names, and not what comes after it', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 4, 4, 2]);
    const boxes = file.op('RESHAPE', [x, file.ints(1, 16, 2)], [1, 16, 2], [], { name: 'raw/boxes' });
    const scores = file.op('LOGISTIC', [boxes], [1, 16, 2], [], { name: 'raw/scores' });
    const outputs = file.ops(
      'TFLite_Detection_PostProcess',
      [boxes, scores],
      [
        [1, 10, 4],
        [1, 10],
      ],
    );
    const bytes = file.finish(outputs);
    await expect(read(bytes)).rejects.toThrow(
      /has 2 outputs: give output \(--output\), one or several of tflite_detection_postprocess2/,
    );
    await expect(read(bytes, { output: 'tflite_detection_postprocess2' })).rejects.toThrow(
      'm.tflite has operators that cannot be converted: TFLite_Detection_PostProcess (node 2) (give output, the name of a value before them',
    );
    const net = await read(bytes, { output: 'raw/scores' });
    expect(net.outputShape([1, 4, 4, 2])).toEqual([1, 16, 2]);
    await expect(read(bytes, { output: 'none' })).rejects.toThrow(
      /output must be one of .*or the name of another value/,
    );
  });

  it('of outputs with one name, asks for it, and takes the first one', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 2]);
    const [a, b] = ['RELU', 'NEG'].map((op) => file.op(op, [x], [1, 2], [], { name: 'Identity' })) as [number, number];
    const bytes = file.finish([a, b]);
    await expect(read(bytes)).rejects.toThrow(/has 2 outputs, some of which have the same name: .* one of Identity$/);
    const net = await read(bytes, { output: 'Identity' });
    expect(net.parts.map(({ stage }) => stage.spec['activation'])).toEqual(['relu']);
  });

  it('asks for a size that the file leaves open', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 1, 1, 3], { signature: [-1, -1, -1, 3] });
    const bytes = file.finish([file.op('RELU', [x], [1, 1, 1, 3])]);
    await expect(read(bytes)).rejects.toThrow(
      /does not declare the size of its input image, \[1, \?, \?, 3\]: give inputShape/,
    );
    expect((await read(bytes, { inputShape: [1, 6, 7, 3] })).inputShape).toEqual([1, 6, 7, 3]);
    await expect(read(bytes, { inputShape: [1, 6, 7, 4] })).rejects.toThrow(
      /takes \[1, \?, \?, 3\], but inputShape is/,
    );
  });

  it('names every operator that it does not know, and every one that it cannot convert', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 4, 4, 2]);
    const a = file.op('LSTM', [x], [1, 4, 4, 2]);
    const b = file.op('ARG_MAX', [a], [1, 4, 4, 2]);
    const c = file.op(
      'CONV_2D',
      [x, file.constant([1, 1, 1, 3], numbers(3))],
      [1, 4, 4, 1],
      [byte(0), int(1), int(1), byte(0)],
    );
    const reading = read(file.finish([file.op('ADD', [b, c], [1, 4, 4, 2], [byte(0)])]));
    await expect(reading).rejects.toThrow(/cannot be converted: LSTM \(node 0\), ARG_MAX \(node 1\) /);
    await expect(reading).rejects.toThrow(
      /nodes that cannot be converted: CONV_2D \(node 2\): a kernel of \[1, 1, 1, 3\] for 2 channels/,
    );
    await expect(reading).rejects.toMatchObject({ code: 'weights' });
  });

  const one = (make: (file: TfliteWriter, x: number) => number, told: Told = {}) => {
    const file = new TfliteWriter();
    return file.finish([make(file, file.input([1, 2, 2, 2], told))]);
  };
  const P = [1, 2, 2, 2];
  const added = (told: Told, values = new Uint8Array(8)) =>
    one((file, x) => file.op('ADD', [x, file.constant([2], values, told)], P, [byte(0)]));

  it.each([
    [
      'a sparse weight',
      added({ sparse: true }, new Uint8Array(8)),
      /stored as a sparse matrix, which is not supported/,
    ],
    ['weights of a type that is not known', added({ type: 'int4' }), /TFLite's type 17, which is not supported/],
    ['too few bytes', added({}, new Uint8Array(7)), /\[2\] of FLOAT32, 8 bytes, but has 7/],
    [
      'an input of integers',
      one((file, x) => file.op('RELU', [x], P), { type: 'int32' }),
      /type 2 \(image\); only floats/,
    ],
    [
      'a fused function that is not known',
      one((file, x) => file.op('ADD', [x, x], P, [byte(5)])),
      /the fused activation 5 is not/,
    ],
    [
      'a padding that is not known',
      one((file, x) => file.op('MAX_POOL_2D', [x], P, [byte(7)])),
      /the padding 7 is not/,
    ],
    [
      'a stride of 0',
      one((file, x) => file.op('MAX_POOL_2D', [x], P, [byte(0), int(0), int(0), int(1), int(1), byte(0)])),
      /MAX_POOL_2D \(node 0\): .*strides/,
    ],
    [
      'a mirror of two values that counts the edge',
      one((file, x) => file.op('MIRROR_PAD', [x, file.ints(0, 0, 2, 2, 0, 0, 0, 0)], P, [byte(1)])),
      /a symmetric mirror of more than one value/,
    ],
    [
      'a shape with other values',
      one((file, x) => file.op('RESHAPE', [x, file.ints(1, 9)], [1, 9])),
      /reshapes \[1, 2, 2, 2\] to \[1, 9\]/,
    ],
    ['an axis that is not there', one((file, x) => file.op('SUM', [x, file.ints(9)], P, [byte(0)])), /has axis 9/],
    [
      'a slice outside',
      one((file, x) => file.op('SLICE', [x, file.ints(0, 0, 0, 1), file.ints(1, 2, 2, 4)], P)),
      /a part from 1 to 5 of 2/,
    ],
    [
      'an ellipsis',
      one((file, x) =>
        file.op('STRIDED_SLICE', [x, file.ints(0), file.ints(1), file.ints(1)], P, [int(0), int(0), int(1)]),
      ),
      /an ellipsis, a new axis or an offset/,
    ],
    [
      'SPACE_TO_BATCH_ND by itself',
      one((file, x) => file.op('SPACE_TO_BATCH_ND', [x, file.ints(2, 2), file.ints(0, 0, 0, 0)], P)),
      /SPACE_TO_BATCH_ND \(node 0\)/,
    ],
    ['an output without operators', new TfliteWriter().finish([]), /has no input/],
  ])('refuses %s', async (_name, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
    await expect(read(bytes)).rejects.toMatchObject({ code: 'weights' });
  });

  it('refuses another version, two inputs, and an output that does not depend on the input', async () => {
    const file = new TfliteWriter();
    const [x] = [file.input([1, 2]), file.input([1, 2])];
    const y = file.op('RELU', [x], [1, 2]);
    await expect(read(file.finish([y]))).rejects.toThrow(/takes 2 inputs \(image, image\); a pipeline takes one/);
    await expect(read(file.finish([y], { version: 4 }))).rejects.toThrow(/has version 4 of TFLite's schema, not 3/);
    const known = new TfliteWriter();
    known.input([1, 2]);
    const sum = known.op('ABS', [known.constant([1, 2], numbers(2))], [1, 2], [], { name: 'fixed' });
    await expect(read(known.finish([sum]))).rejects.toThrow(/output fixed does not depend on the input/);
  });

  it('refuses operators that take what comes later: a circle', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 2]);
    const y = file.op('ADD', [x, 2], [1, 2], [byte(0)]);
    const z = file.op('RELU', [y], [1, 2]);
    expect(z).toBe(2);
    await expect(read(file.finish([z]))).rejects.toThrow(
      /ADD \(node 0\) takes a value that is given by no operator before it/,
    );
  });

  it('refuses a file that is cut off anywhere', async () => {
    const good = classifier();
    for (let length = 0; length < good.length - 8; length += 97) {
      await expect(read(good.slice(0, length))).rejects.toMatchObject({ code: 'weights' });
    }
  });
});

describe('importModel of a TFLite file', () => {
  const warnings: string[] = [];
  const load = (bytes: Uint8Array<ArrayBuffer>, options = {}) =>
    importModel([new File([bytes], 'm.tflite')], { onWarning: (message) => warnings.push(message), ...options });

  it.each([
    ['uint8', { type: 'uint8', scales: [0.0078125], zeros: [128] }, [-1, 0.9921875]],
    ['int8', { type: 'int8', scales: [0.5], zeros: [-128] }, [0, 127.5]],
    ['uint8 without a scale', { type: 'uint8' }, [0, 255]],
  ] as const)('pixels of a quantized model have the range of its input: %s', async (_name, told, range) => {
    warnings.length = 0;
    const model = await load(classifier(told), { labels: ['a', 'b', 'c'] });
    expect(model.preprocess).toMatchObject({ width: 8, height: 8, range });
    expect(model.labels).toEqual(['a', 'b', 'c']);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['-1 to 1', 2 / 255, -1, [-1, 1]],
    ['0 to 1', 1 / 255, -128, [0, 1]],
    ['0 to 255', 1, -128, [0, 255]],
  ])('floats that become whole numbers first have the usual range of these: %s', async (_name, scale, zero, range) => {
    warnings.length = 0;
    const file = (scales: readonly number[], zeros: readonly number[]) => {
      const writer = new TfliteWriter();
      const q = writer.op('QUANTIZE', [writer.input([1, 2, 2, 3])], [1, 2, 2, 3], [], { type: 'int8', scales, zeros });
      return writer.finish([
        writer.op('SOFTMAX', [writer.op('MEAN', [q, writer.ints(1, 2)], [1, 3], [byte(0)])], [1, 3], [{ float: 1 }]),
      ]);
    };
    const labels = ['a', 'b', 'c'];
    expect((await load(file([scale], [zero]), { labels })).preprocess).toMatchObject({ range });
    expect(warnings).toEqual([]);
    await load(file([4.8 / 255], [-14]), { labels });
    expect(warnings).toEqual([expect.stringMatching(/does not state the range/)]);
  });

  it('metadata states the normalization and the labels, and options come before them', async () => {
    warnings.length = 0;
    const stated = { mean: [127.5], std: [127.5], labels: 'labels.txt' };
    const bytes = withArchive(classifier({}, stated), {
      'readme.txt': strToU8('x'),
      'labels.txt': strToU8('cat\ndog\nbird\n'),
    });
    const model = await load(bytes);
    expect(model.labels).toEqual(['cat', 'dog', 'bird']);
    expect(model.preprocess).toMatchObject({ mean: 127.5, std: 127.5, scale: 1 });
    expect(warnings).toEqual([]);
    const other = await load(bytes, { labels: ['x', 'y', 'z'], normalize: { range: [0, 1] } });
    expect(other.labels).toEqual(['x', 'y', 'z']);
    expect(other.preprocess).toMatchObject({ range: [0, 1] });
  });

  it('metadata with one number for each channel', async () => {
    const model = await load(classifier({}, { mean: [1, 2, 3], std: [4, 5, 6] }), { labels: ['a', 'b', 'c'] });
    expect(model.preprocess).toMatchObject({ mean: [1, 2, 3], std: [4, 5, 6], scale: 1 });
  });

  it('without metadata, a warning says which range is assumed', async () => {
    warnings.length = 0;
    await load(classifier(), { labels: ['a', 'b', 'c'] });
    expect(warnings).toEqual([expect.stringMatching(/m\.tflite does not state the range of its pixel values/)]);
  });

  it('labels that are not in the archive, or not as many as classes, are an error', async () => {
    const bytes = classifier({}, { labels: 'labels.txt' });
    await expect(load(bytes)).rejects.toThrow(/its labels cannot be unpacked/);
    const two = withArchive(bytes, { 'labels.txt': strToU8('cat\ndog') });
    await expect(load(two)).rejects.toThrow(/2 labels|3 classes/);
    const none = await load(withArchive(bytes, { 'other.txt': strToU8('x') }));
    expect(none.labels).toHaveLength(3);
  });

  it('metadata that is damaged is an error', async () => {
    const file = new TfliteWriter();
    const y = file.op(
      'SOFTMAX',
      [file.op('MEAN', [file.input([1, 2, 2, 3]), file.ints(1, 2)], [1, 3], [byte(0)])],
      [1, 3],
      [{ float: 1 }],
    );
    await expect(load(file.finish([y], { metadata: Uint8Array.of(255, 255, 255, 0, 1) }))).rejects.toThrow(
      /metadata of m\.tflite is damaged/,
    );
  });
});
