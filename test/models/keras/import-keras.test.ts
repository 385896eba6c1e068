import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { graphModel, importModel, layersModel, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, expectClose } from '../../support/compute.ts';
import { EXPECTED, fixture } from './fixtures.ts';

beforeAll(() => useEngine('cpu'));

const file = (name: string, bytes: Uint8Array) => new File([bytes as Uint8Array<ArrayBuffer>], name);
const url = (name: string) => new URL(`../../data/keras/${name}`, import.meta.url);
const fail = { onWarning: (message: string) => expect.fail(message) };

describe('importModel', () => {
  it('an export of Teachable Machine: a folder with keras_model.h5 and labels.txt', async () => {
    const { labels, preprocess, pipeline: net } = await importModel(url('teachable/'), fail);
    expect(labels).toEqual(['red squirrel', 'cat']);
    expect(preprocess).toMatchObject({ width: 8, height: 8, channels: 3, range: [-1, 1] });
    expect(net.inputShape).toEqual([1, 8, 8, 3]);
  });

  it('the zip archive that Teachable Machine gives', async () => {
    const zip = zipSync({
      'keras_model.h5': fixture('teachable/keras_model.h5'),
      'labels.txt': fixture('teachable/labels.txt'),
    });
    const { labels, preprocess } = await importModel([file('converted_keras.zip', zip)], fail);
    expect(labels).toEqual(['red squirrel', 'cat']);
    expect(preprocess).toMatchObject({ range: [-1, 1] });
  });

  it('files that a drop event gives', async () => {
    const files = [
      file('labels.txt', strToU8('0 a\r\n1 b\r\n')),
      file('keras_model.h5', fixture('teachable/keras_model.h5')),
    ];
    expect((await importModel(files, fail)).labels).toEqual(['a', 'b']);
  });

  it.each(['sequential-keras2.h5', 'sequential-keras3.h5', 'sequential.keras'])('%s', async (name) => {
    const warnings: string[] = [];
    const model = await importModel(url(name), { onWarning: (warning) => warnings.push(warning) });
    expect(model.labels).toEqual(['class 0', 'class 1', 'class 2']);
    expect(model.name).toBe('sequential');
    expect(warnings).toEqual([expect.stringContaining('does not state the range of its pixel values')]);
  });

  it('a labels.txt of another form is not that of Teachable Machine', async () => {
    const other = [
      file('labels.txt', strToU8('cat\ndog\n')),
      file('keras_model.h5', fixture('teachable/keras_model.h5')),
    ];
    const { labels, preprocess } = await importModel(other, { onWarning: () => {} });
    expect(labels).toEqual(['class 0', 'class 1']);
    expect(preprocess).toMatchObject({ range: [0, 1] });
  });

  it('labels that do not fit are an error', async () => {
    const files = [file('labels.txt', strToU8('0 a')), file('keras_model.h5', fixture('teachable/keras_model.h5'))];
    await expect(importModel(files, fail)).rejects.toThrow('gives 2 scores and needs one label for each, but got 1');
  });
});

describe('layersModel', () => {
  it.each(['sequential-packed.h5', 'two-blocks.keras'])('%s', async (name) => {
    const { input, shape, output } = EXPECTED[name] as (typeof EXPECTED)[string];
    const net = await layersModel(url(name), fail);
    expectClose(compute(net, { shape: [1, ...shape], data: [...input] }), { shape: [1, 3], data: [...output] });
  });

  it('graphModel names it', async () => {
    await expect(graphModel(url('sequential.keras'))).rejects.toThrow('is a layers model: read it with layersModel');
  });
});

describe('a model that cannot be read says what to do', () => {
  const read = (name: string, bytes: Uint8Array) => importModel([file(name, bytes)]);
  const pickle = Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c);
  const ownClass = zipSync({
    ...unzipSync(fixture('sequential.keras')),
    'config.json': strToU8('{"class_name":"MyModel","config":{"name":"m","layers":[]}}'),
  });
  const zipOf = (name: string) => zipSync({ [name]: strToU8('x') });

  it.each([
    ['weights-only.h5', fixture('weights-only.h5'), /holds weights without their model.*save the whole model/],
    ['not-keras.h5', fixture('not-keras.h5'), /an HDF5 file without an attribute model_config/],
    ['own-class.keras', ownClass, /describes a MyModel; .*not in its file.*--output_format=tfjs_graph_model/],
    ['model.pt', pickle, /PyTorch.*torch\.onnx\.export/],
    ['model.pkl', pickle, /PyTorch or a pickle/],
    ['model.pth', zipOf('archive/data.pkl'), /PyTorch.*torch\.onnx\.export/],
    ['frozen.pb', strToU8('\n\x05'), /graph of TensorFlow 1.*tfjs_?|tensorflowjs_converter/],
    ['saved_model.pb', Uint8Array.of(8, 1, 0x12), /SavedModel.*tensorflowjs_converter --input_format=tf_saved_model/],
    ['saved.zip', zipOf('model/saved_model.pb'), /SavedModel/],
    ['export.zip', zipOf('model.json'), /unpack it/],
    ['m.mlmodel', Uint8Array.of(8, 1), /Core ML/],
    ['net.caffemodel', Uint8Array.of(10, 1), /Caffe/],
    ['m.tflite', strToU8('\x1c\0\0\0TFL3'), /damaged, or no TFLite model/],
    ['lite.zip', zipOf('model_unquant.tflite'), /zip archive with a \.tflite file: unpack it/],
    ['text.docx', zipOf('word/document.xml'), /a zip archive without config\.json/],
    ['noise.bin', Uint8Array.of(1, 2, 3), /is not a model file/],
  ])('%s', async (name, bytes, message) => {
    await expect(read(name, bytes)).rejects.toThrow(message);
    await expect(read(name, bytes)).rejects.toMatchObject({ code: 'weights' });
  });

  it('the folder of a SavedModel', async () => {
    const folder = path.join(tmpdir(), 'saved');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'saved_model.pb'), 'x');
    await expect(importModel(folder)).rejects.toThrow(/saved_model\.pb is a SavedModel of TensorFlow/);
    copyFileSync(url('sequential-keras2.h5'), path.join(folder, 'keras_model.h5'));
    expect((await importModel(folder, { onWarning: () => {} })).labels).toHaveLength(3);
  });
});

describe('zip archives', () => {
  const read = (bytes: Uint8Array) => layersModel([file('m.keras', bytes)]);
  const entries = unzipSync(fixture('two-blocks.keras'));
  /** Where a text is in an archive: in the header of its entry, and in the directory at the end. */
  const placesOf = (bytes: Uint8Array, text: string) => {
    const all = Buffer.from(bytes);
    return [all.indexOf(text), all.lastIndexOf(text)];
  };

  it.each([0, 6] as const)('packed at level %i', async (level) => {
    const net = await read(zipSync(entries, { level }));
    expect(net.outputShape([1, 8, 8, 3])).toEqual([1, 3]);
  });

  it('with an entry twice', async () => {
    const bytes = zipSync({ ...entries, 'confih.json': strToU8('{}') });
    for (const at of placesOf(bytes, 'confih.json')) bytes.set(strToU8('config.json'), at);
    await expect(read(bytes)).rejects.toThrow('m.keras: its entry config.json is there twice');
  });

  it('with an entry that says it is large, before memory is taken', async () => {
    const bytes = zipSync(entries);
    // The size is 22 bytes before the name, in the directory.
    const [, at = 0] = placesOf(bytes, 'model.weights.h5');
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at - 22, 4_000_000_000, true);
    await expect(read(bytes)).rejects.toThrow('model.weights.h5 would have 4000000000 bytes when it is unpacked');
  });

  it.each(['config.json', 'model.weights.h5'])('without %s', async (name) => {
    const others = Object.entries(entries).filter(([other]) => other !== name);
    await expect(read(zipSync(Object.fromEntries(others)))).rejects.toThrow(`m.keras is a zip archive without ${name}`);
  });

  it('without metadata.json is one of Keras 3', async () => {
    const { 'metadata.json': _, ...others } = entries;
    expect((await read(zipSync(others))).parts.length).toBe(6);
  });

  it('cut', async () => {
    const bytes = fixture('two-blocks.keras');
    for (const length of [4, 30, 1000, bytes.length - 1]) {
      await expect(read(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'weights' });
    }
  });
});
