import {
  dense,
  flatten,
  importModel,
  OptionError,
  pipeline,
  presets,
  softmax,
  useEngine,
  WeightsError,
  writeModel,
  classification,
  type ImportOptions,
  type PresetName,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { rangeTaken } from '../../src/models/pixel-scaling.ts';
import { layer, sequential, written } from './layers/written.ts';

beforeAll(() => useEngine('cpu'));

const SHAPE = { batch_input_shape: [null, 4, 4, 3] };
const head = [layer('GlobalAveragePooling2D', 'mean'), layer('Softmax', 'scores')];
/** A model that states nothing. */
const plain = (config: Parameters<typeof layer>[2] = SHAPE) =>
  written(sequential(layer('ReLU', 'relu', config), ...head));
const json = (name: string, content: unknown) =>
  new File([typeof content === 'string' ? content : JSON.stringify(content)], name);

async function imported(files: readonly File[], options: ImportOptions = {}) {
  const warnings: [string, string][] = [];
  const onWarning = (message: string, code: string) => warnings.push([code, message]);
  const model = await importModel(files, { ...options, onWarning });
  return { ...model, warnings };
}

const PROCESSOR = {
  do_center_crop: true,
  crop_size: { height: 4, width: 4 },
  size: { shortest_edge: 5 },
  resample: 3,
  image_mean: [0.4, 0.5, 0.6],
  image_std: [0.1, 0.2, 0.3],
};
const CONFIG = { model_type: 'resnet', id2label: { 0: 'cat', 1: 'dog', 2: 'hen' } };
const STATED = {
  width: 4,
  height: 4,
  channels: 3,
  fit: 'cover',
  centralFraction: 0.8,
  resizeMethod: 'bicubic',
  scale: 1 / 255,
  mean: [0.4, 0.5, 0.6],
  std: [0.1, 0.2, 0.3],
};

describe('what lies beside a model', () => {
  it('of Hugging Face: the preparation and the labels, and nothing to warn of', async () => {
    const files = [...plain(), json('preprocessor_config.json', PROCESSOR), json('config.json', CONFIG)];
    const { preprocess, labels, warnings } = await imported(files);
    expect([preprocess, labels, warnings]).toEqual([STATED, ['cat', 'dog', 'hen'], []]);
  });

  it('of timm', async () => {
    const cfg = {
      input_size: [3, 4, 4],
      interpolation: 'bilinear',
      crop_pct: 0.9,
      mean: [0.5, 0.5, 0.5],
      std: [1, 1, 1],
    };
    const files = [
      ...plain(),
      json('config.json', { architecture: 'x', label_names: ['a', 'b', 'c'], pretrained_cfg: cfg }),
    ];
    const { preprocess, labels } = await imported(files);
    expect(preprocess).toMatchObject({ centralFraction: 0.9, resizeMethod: 'antialias', mean: [0.5, 0.5, 0.5] });
    expect(labels).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, ImportOptions, object]>([
    ['the range', { normalize: { range: [0, 1] } }, { range: [0, 1] }],
    ['a preset', { preset: 'caffe' }, { channelOrder: 'bgr', scale: 1, std: 1 }],
    ['the fit', { fit: 'fill' }, { fit: 'fill', mean: [0.4, 0.5, 0.6] }],
    ['a fit that finds digits', { fit: 'digit' }, { fit: 'digit', mean: [0.4, 0.5, 0.6] }],
    ['the fraction', { centralFraction: 1 }, { centralFraction: 1 }],
    ['the method', { resizeMethod: 'nearest' }, { resizeMethod: 'nearest' }],
    ['the order', { channelOrder: 'bgr' }, { ...STATED, channelOrder: 'bgr' }],
  ])('comes after what the options say: %s', async (_what, options, expected) => {
    const files = [...plain(), json('preprocessor_config.json', PROCESSOR), json('config.json', CONFIG)];
    const { preprocess, warnings } = await imported(files, options);
    expect(preprocess).toMatchObject(expected);
    expect(preprocess).not.toEqual(STATED);
    expect(warnings).toEqual([]);
  });

  it('gives the size of a model that leaves it open', async () => {
    const open = { batch_input_shape: [null, null, null, 3] };
    const { preprocess } = await imported([...plain(open), json('preprocessor_config.json', PROCESSOR)]);
    expect(preprocess).toMatchObject({ width: 4, height: 4 });
    const { pipeline: net } = await imported([...plain(open), json('config.json', { ...CONFIG, image_size: [6, 8] })]);
    expect(net.inputShape).toEqual([1, 6, 8, 3]);
    // What the model or the options say of it comes first.
    const given = await imported([...plain(open), json('preprocessor_config.json', PROCESSOR)], {
      inputShape: [1, 9, 9, 3],
    });
    expect(given.preprocess).toMatchObject({ width: 9, height: 9 });
    const other = { ...PROCESSOR, crop_size: 16, size: { shortest_edge: 20 } };
    expect((await imported([...plain(), json('preprocessor_config.json', other)])).preprocess).toMatchObject({
      width: 4,
    });
  });

  it('says what is stated that sluice does not do', async () => {
    const files = [...plain(), json('preprocessor_config.json', { ...PROCESSOR, resample: 5 })];
    expect((await imported(files)).warnings).toEqual([
      ['metadata', expect.stringContaining('resample 5 is resized as area')],
    ]);
  });

  it('does not number classes that are numbered already, or mistake the file of another program', async () => {
    const numbered = json('config.json', { ...CONFIG, id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' } });
    expect((await imported([...plain(), numbered])).labels).toEqual(['class 0', 'class 1', 'class 2']);
    const other = json('config.json', { port: 80, image_size: 'large', labels: 7 });
    expect((await imported([...plain(), other])).warnings).toEqual([['pixel-range', expect.any(String)]]);
    const page = json('config.json', '<!doctype html><title>Not found</title>');
    expect((await imported([...plain(), page])).labels).toHaveLength(3);
  });

  it.each<[string, unknown, string]>([
    ['preprocessor_config.json', '{"size": ', 'preprocessor_config.json beside model.json is not JSON'],
    ['preprocessor_config.json', [], 'preprocessor_config.json beside model.json holds [], not an object'],
    ['preprocessor_config.json', { size: 'x' }, 'preprocessor_config.json beside model.json: size is "x"'],
    ['config.json', '{', 'config.json beside model.json is not JSON'],
    [
      'config.json',
      { ...CONFIG, id2label: { 0: 7 } },
      'config.json beside model.json (id2label) is not a list of class names',
    ],
    ['config.json', { ...CONFIG, id2label: { 0: 'a', 7: 'b' } }, 'no name for the index 1'],
    [
      'config.json',
      { ...CONFIG, id2label: { 0: 'a' } },
      'gives 3 scores and needs one label for each, but got 1 labels',
    ],
    [
      'config.json',
      { pretrained_cfg: { input_size: 4 } },
      'config.json beside model.json (pretrained_cfg): input_size is 4',
    ],
  ])('refuses %s of %j', async (name, content, message) => {
    const error: unknown = await imported([...plain(), json(name, content)]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as Error).message).toContain(message);
  });
});

describe('the options', () => {
  it.each(Object.keys(presets) as PresetName[])('preset %s is that of preprocess', async (preset) => {
    const { preprocess, warnings } = await imported(plain(), { preset });
    const { channelOrder, ...normalization } = presets[preset];
    expect(preprocess).toMatchObject(normalization);
    expect(preprocess.channelOrder ?? 'rgb').toBe(channelOrder);
    expect(warnings).toEqual([]);
  });

  it('without any of them, one warning says what was assumed, and which options change it', async () => {
    const { preprocess, warnings } = await imported(plain());
    expect(preprocess).toEqual({ width: 4, height: 4, channels: 3, fit: 'cover', range: [0, 1] });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.[1]).toMatch(
      /so they are from 0 to 1\. Give preset or normalize \(--preset, --range, or --mean and --std\)/,
    );
  });

  it.each<[ImportOptions, string]>([
    [{ preset: 'tf', normalize: { range: [0, 1] } }, 'preset tf states the normalization: leave out one of the two'],
    [{ preset: 'caffe', channelOrder: 'rgb' }, 'preset caffe is for bgr, not rgb'],
    [{ preset: 'tensorflow' as 'tf' }, 'preset must be one of tf, torch, caffe, keras, raw, not "tensorflow"'],
    [{ preset: '__proto__' as 'tf' }, 'preset must be one of'],
    [{ channels: 1 }, 'takes [1, 4, 4, 3], but channels is 1'],
    [{ layout: 'nchw' }, 'takes [1, 4, 4, 3], not pictures of 1 or 3 channels as nchw'],
    [{ preset: 'tf', resizeMethod: 'cubic' as 'bicubic' }, 'resizeMethod must be one of'],
    [{ preset: 'tf', centralFraction: 2 }, 'centralFraction must be over 0 and at most 1'],
    [{ normalize: { mean: [0, 0], std: [1, 1] } }, 'mean and std must be one number or three, not 2'],
    [{ labels: 'tench' as 'imagenet' }, 'labels must be a list of names or \'imagenet\', not "tench"'],
  ])('%j: contradict each other, or the model', async (options, message) => {
    const error: unknown = await imported(plain(), options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toContain(message);
  });

  it('grey pictures', async () => {
    const grey = written(
      sequential(
        layer('ReLU', 'relu', { batch_input_shape: [null, 4, 4, 1] }),
        layer('GlobalAveragePooling2D', 'mean'),
      ),
    );
    const processor = json('preprocessor_config.json', PROCESSOR);
    const { preprocess } = await imported([...grey, processor], { outputKind: 'scores', labels: ['a'] });
    // A mean for each of three colours says nothing about grey.
    expect(preprocess).toMatchObject({ channels: 1, range: [0, 1], centralFraction: 0.8 });
  });

  it('of a model file of sluice replace what the file states', async () => {
    const net = pipeline(
      { name: 'tiny', inputShape: [1, 4, 4, 3] },
      flatten(),
      dense({ units: 2, seed: 1 }),
      softmax(),
    );
    const size = { width: 4, height: 4 };
    const write = (preprocess: object) => {
      const model = {
        name: 'tiny',
        task: classification(),
        pipeline: net,
        labels: ['a', 'b'],
        preprocess: { ...size, ...preprocess },
      };
      return new File([writeModel(model as never) as Uint8Array<ArrayBuffer>], 'tiny.safetensors');
    };
    const caffe = write({ ...presets.caffe, resizeMethod: 'bicubic', fit: 'fill' });
    const read = await imported([caffe]);
    expect(read.preprocess).toEqual({ ...size, ...presets.caffe, resizeMethod: 'bicubic', fit: 'fill' });
    const { preprocess } = await imported([caffe], { preset: 'tf', centralFraction: 0.5 });
    expect(preprocess).toEqual({ ...size, range: [-1, 1], resizeMethod: 'bicubic', fit: 'fill', centralFraction: 0.5 });
    await expect(imported([caffe], { channels: 1 })).rejects.toThrow('channels is 1, but the model takes 3');
    await expect(imported([caffe], { layout: 'nchw' })).rejects.toThrow('layout is "nchw", but the model takes nhwc');
  });
});

describe('the range that a network takes which scales pixels itself', () => {
  it.each<[string, number[], number[], readonly number[] | undefined]>([
    ['x / 255', [1 / 255], [0], [0, 255]],
    ['x / 127.5 − 1', [1 / 127.5], [-1], [0, 255]],
    ['x − 103.9, 116.8, 123.7', [1, 1, 1], [-103.9, -116.8, -123.7], [0, 255]],
    ['(x − 123.7) / 58', [1 / 58], [-123.7 / 58], [0, 255]],
    ['2 x − 1', [2], [-1], [0, 1]],
    ['(x − 0.485) / 0.229', [1 / 0.229], [-0.485 / 0.229], [0, 1]],
    ['255 x', [255], [0], [0, 1]],
    ['x', [1], [0], undefined],
    ['−x', [-1], [0], undefined],
    ['0 · x', [0], [1], undefined],
    ['nothing', [], [], undefined],
    ['x / 10: it could be either', [0.1], [0], undefined],
  ])('%s', (_what, scale, offset, range) => {
    expect(rangeTaken({ scale, offset })).toEqual(range);
    // A layer whose only purpose it is to scale has pixels from 0 to 255, where nothing speaks against it.
    expect(rangeTaken({ scale, offset, isLayer: true })).toEqual(range ?? [0, 255]);
  });

  it('not after a convolution without an activation', async () => {
    const conv = layer('Conv2D', 'conv', { filters: 3, kernel_size: 1, use_bias: false, ...SHAPE });
    const files = written(sequential(conv, layer('Rescaling', 'r', { scale: 2, offset: -1 }), ...head), {
      'conv/kernel': { shape: [1, 1, 3, 3], data: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
    });
    expect((await imported(files)).warnings).toEqual([['pixel-range', expect.any(String)]]);
  });

  it.each<[string, object, readonly number[]]>([
    ['x / 255', { scale: 1 / 255 }, [0, 255]],
    ['2 x − 1', { scale: 2, offset: -1 }, [0, 1]],
    ['x − the mean of Caffe', { scale: 1, offset: [-103.9, -116.8, -123.7] }, [0, 255]],
  ])('a Rescaling layer: %s', async (_what, config, range) => {
    const files = written(sequential(layer('Rescaling', 'r', { ...SHAPE, ...config }), ...head));
    const { preprocess, warnings } = await imported(files);
    expect(preprocess).toMatchObject({ range });
    expect(warnings).toEqual([]);
  });
});
