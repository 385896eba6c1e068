import * as tf from '@tensorflow/tfjs-core';
import * as tl from '@tensorflow/tfjs-layers';
import { layersModel, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, ENGINES, expectClose, randomGrid } from '../../support/compute.ts';
import { referenceResize } from '../../support/reference.ts';
import { layer, sequential, written } from './written.ts';
import type { Json } from './saved.ts';

beforeAll(() => useEngine('cpu'));

const input = (height: number, width: number) =>
  layer('InputLayer', 'in', { batch_input_shape: [null, height, width, 3] });

/** A model of one layer, as this program wrote it. */
const modelOf = (keras: string, [height, width]: readonly [number, number], className: string, config: Json = {}) =>
  layersModel(
    written({ keras_version: keras, model_config: sequential(input(height, width), layer(className, 'it', config)) }),
    { onWarning: (message) => expect.fail(message) },
  );

const KERAS = '2.15.0';
const TFJS = 'tfjs-layers 4.22.0';

describe('augmentation', () => {
  it.each([
    ['RandomFlip', { mode: 'horizontal', seed: null }],
    ['RandomRotation', { factor: 0.1, fill_mode: 'reflect', fill_value: 0, interpolation: 'bilinear' }],
    ['RandomZoom', { height_factor: 0.1, width_factor: null }],
    ['RandomTranslation', { height_factor: 0.1, width_factor: 0.1 }],
    ['RandomContrast', { factor: 0.2 }],
    ['RandomBrightness', { factor: 0.2, value_range: [0, 255] }],
    ['RandomHeight', { factor: 0.3 }],
    ['RandomWidth', { factor: 0.3 }],
    ['RandomErasing', { factor: 1 }],
  ] as const)('%s is the identity outside training', async (className, config) => {
    const net = await modelOf(KERAS, [4, 6], className, config);
    const x = randomGrid([1, 4, 6, 3]);
    expectClose(compute(net, x), x);
  });

  it('also in a model in a model, as the tutorials nest it', async () => {
    const nested = {
      class_name: 'Sequential',
      config: { name: 'augment', layers: [input(4, 6), layer('RandomFlip', 'flip'), layer('RandomZoom', 'zoom')] },
    };
    const net = await layersModel(
      written({
        keras_version: KERAS,
        model_config: sequential(nested, layer('Rescaling', 'scale', { scale: 2, offset: 1 })),
      }),
    );
    const x = randomGrid([1, 4, 6, 3]);
    expectClose(compute(net, x), { ...x, data: x.data.map((value) => 2 * value + 1) });
  });

  it('a layer of an unknown name is refused still', async () => {
    await expect(modelOf(KERAS, [4, 6], 'RandomThing')).rejects.toThrow('it (RandomThing: is not supported)');
  });
});

/** What tfjs-layers computes. */
function byTfjs(own: tl.layers.Layer | ReturnType<typeof tl.layers.flatten>, x: ReturnType<typeof randomGrid>) {
  const output = tf.tidy(
    () => own.apply(tf.tensor4d([...x.data], x.shape as [number, number, number, number])) as tf.Tensor,
  );
  return { shape: output.shape, data: [...output.dataSync()] };
}

const SIZES = [
  [
    [32, 32],
    [16, 16],
  ],
  [
    [9, 7],
    [4, 4],
  ],
  [
    [9, 7],
    [9, 6],
  ],
  [
    [8, 12],
    [5, 11],
  ],
  [
    [6, 6],
    [6, 6],
  ],
  [
    [5, 5],
    [8, 9],
  ],
  [
    [4, 9],
    [6, 3],
  ],
] as const;

describe.each(SIZES)('from %j to %j', (from, [height, width]) => {
  const x = randomGrid([1, ...from, 3]);

  it('CenterCrop gives what tfjs-layers gives', async () => {
    const net = await modelOf(TFJS, from, 'CenterCrop', { height, width });
    const expected = byTfjs(tl.layers.centerCrop({ height, width }), x);
    expect(net.outputShape(x.shape)).toEqual([1, height, width, 3]);
    expectClose(compute(net, x), expected);
  });

  it.each([
    ['bilinear', false],
    ['bilinear', true],
    ['nearest', false],
    ['nearest', true],
  ] as const)(
    'Resizing, %s, crop_to_aspect_ratio %s, gives what tfjs-layers gives',
    async (interpolation, cropToAspectRatio) => {
      const config = { height, width, interpolation, crop_to_aspect_ratio: cropToAspectRatio };
      const net = await modelOf(TFJS, from, 'Resizing', config);
      const expected = byTfjs(tl.layers.resizing({ height, width, interpolation, cropToAspectRatio }), x);
      for (const engine of ENGINES) {
        await useEngine(engine);
        expectClose(compute(net, x), expected);
      }
      await useEngine('cpu');
    },
  );

  it.each(['bilinear', 'nearest'] as const)(
    'Resizing of a model that Keras wrote, %s, has half-pixel centres',
    async (interpolation) => {
      const net = await modelOf(KERAS, from, 'Resizing', { height, width, interpolation });
      expectClose(compute(net, x), referenceResize(x, [height, width], interpolation, 'halfPixel'));
    },
  );
});

describe('CenterCrop of a model that Keras wrote', () => {
  it('removes one column more on the right', async () => {
    const x = randomGrid([1, 4, 5, 3]);
    const net = await modelOf(KERAS, [4, 5], 'CenterCrop', { height: 4, width: 4 });
    const expected = x.data.filter((_, i) => Math.floor(i / 3) % 5 < 4);
    expectClose(compute(net, x), { shape: [1, 4, 4, 3], data: expected });
  });

  it('resizes a smaller picture of the same aspect', async () => {
    const x = randomGrid([1, 4, 6, 3]);
    for (const className of ['CenterCrop', 'RandomCrop']) {
      const net = await modelOf(KERAS, [4, 6], className, { height: 6, width: 9 });
      expectClose(compute(net, x), referenceResize(x, [6, 9], 'bilinear', 'halfPixel'));
    }
  });
});

describe('what is refused', () => {
  it.each([
    ['CenterCrop', { height: 9, width: 9 }, /changes the aspect of its input, 6x4, to 9x9/],
    ['RandomCrop', { height: 2, width: 2 }, /only an input of the same aspect is supported/],
    ['Resizing', { height: 3, width: 3, crop_to_aspect_ratio: true }, /by crop_to_aspect_ratio/],
    ['Resizing', { height: 3, width: 3, pad_to_aspect_ratio: true }, /by pad_to_aspect_ratio/],
    ['Resizing', { height: 3, width: 3, interpolation: 'bicubic' }, /has interpolation "bicubic"/],
    ['Resizing', { height: 3, width: 3, antialias: true }, /has antialias true/],
    ['Resizing', { height: 3, width: 3, data_format: 'sideways' }, /has data_format/],
    ['Resizing', { height: 0, width: 3 }, /must be a whole number of at least 1/],
    ['Resizing', { width: 3 }, /must be a whole number of at least 1/],
    ['Resizing', { height: '3', width: 3 }, /must be a whole number of at least 1/],
    ['Resizing', { height: 1e6, width: 1e6 }, /values/],
    ['CenterCrop', {}, /must be a whole number|whole numbers/],
    ['CenterCrop', { height: -1, width: 2 }, /whole number/],
  ] as const)('%s %o', async (className, config, message) => {
    await expect(modelOf(KERAS, [4, 6], className, config)).rejects.toMatchObject({
      code: 'weights',
      message: expect.stringMatching(message),
    });
  });
});
