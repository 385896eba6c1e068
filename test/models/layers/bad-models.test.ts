import * as tf from '@tensorflow/tfjs-core';
import { layersModel, WeightsError, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from './saved.ts';
import { layer, sequential, written, type Weights } from './written.ts';

beforeAll(() => useEngine('cpu'));

/** One clear error, and nothing taken. */
async function refused(files: readonly File[], message: string | RegExp): Promise<void> {
  const before = tf.memory().numTensors;
  const error: unknown = await layersModel(files, { onWarning: () => {} }).then(
    () => 'it was read',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WeightsError);
  const { message: said } = error as WeightsError;
  if (typeof message === 'string') expect(said).toContain(message);
  else expect(said).toMatch(message);
  expect(said.length).toBeLessThan(600);
  expect(tf.memory().numTensors).toBe(before);
}

const text = (content: string) => [new File([content], 'model.json')];
const fc = (config: Json = {}) =>
  layer('Dense', 'fc', { units: 2, use_bias: false, batch_input_shape: [null, 2], ...config });
const kernel: Weights = { 'fc/kernel': { shape: [2, 2], data: [1, 2, 3, 4] } };

/** A functional model of these layers, from `in` to `out`. */
const functional = (...layers: unknown[]) => ({
  class_name: 'Functional',
  config: {
    name: 'net',
    layers: [layer('InputLayer', 'in', { batch_input_shape: [null, 2] }, { inbound_nodes: [] }), ...layers],
    input_layers: [['in', 0, 0]],
    output_layers: [['out', 0, 0]],
  },
});
const relu = (name: string, from: unknown) => layer('ReLU', name, {}, { inbound_nodes: from });

describe('a model.json that is none', () => {
  it.each<[string, string, string | RegExp]>([
    ['empty', '', 'model.json is not JSON'],
    ['cut short', '{"format": "layers-', 'model.json is not JSON'],
    ['a page', '<!doctype html>', 'model.json is not JSON'],
    ['a list', '[]', 'model.json holds []'],
    ['null', 'null', 'model.json holds null'],
    ['without a topology', '{"format": "layers-model"}', 'undefined as modelTopology'],
    [
      'of a format that is a long text',
      JSON.stringify({ format: 'x'.repeat(5e6), modelTopology: {} }),
      /has the format "x{100}…", but only layers-model is supported$/,
    ],
    [
      'of a newer format',
      '{"format": "layers-model-2", "modelTopology": {}}',
      'has the format "layers-model-2", but only layers-model is supported',
    ],
    ['a graph model', '{"format": "graph-model", "modelTopology": {}}', 'is a graph model: read it with graphModel(…)'],
    ['a graph model that does not say so', '{"modelTopology": {"node": []}}', 'is a graph model'],
    [
      'of something else',
      '{"modelTopology": {"class_name": "Dense", "config": {"name": "x"}}}',
      'describes a Dense; it must describe a Sequential or Model or Functional',
    ],
    ['without a class', '{"modelTopology": {"config": {}}}', 'where a layer with a class_name should be'],
    [
      'whose configuration is text',
      '{"modelTopology": {"class_name": "Sequential", "config": "x"}}',
      'whose config is "x"',
    ],
    [
      'whose layers are no list',
      '{"modelTopology": {"class_name": "Sequential", "config": {"layers": 3}}}',
      'the layers of model are 3, not a list',
    ],
    ['nested in lists without end', '['.repeat(1_000_000), 'model.json is JSON that is nested over 1000 deep'],
  ])('%s', (_, content, message) => refused(text(content), message));

  it.each([
    [200, 'models nested over 100 deep'],
    [1_000_000, 'is JSON that is nested over 1000 deep'],
  ])('models in models, %i deep', async (depth, message) => {
    const open = '{"class_name":"Sequential","config":{"name":"m","layers":[';
    await refused(text(`{"modelTopology":${open.repeat(depth)}${']}}'.repeat(depth)}}`), message);
  });

  it('an empty model that is called twice in one that is called twice in one …', async () => {
    let model: Json = { class_name: 'Sequential', config: { name: 'm0', layers: [] } };
    for (let depth = 1; depth < 60; depth++) {
      const twice = { ...model, inbound_nodes: [[['in', 0, 0]], [[`m${depth - 1}`, 0, 0]]] };
      model = {
        class_name: 'Functional',
        config: {
          name: `m${depth}`,
          layers: [layer('InputLayer', 'in', { batch_input_shape: [null, 2] }), twice],
          input_layers: [['in', 0, 0]],
          output_layers: [[`m${depth - 1}`, 1, 0]],
        },
      };
    }
    await refused(text(JSON.stringify({ modelTopology: model })), 'has over 10000 layers');
  });

  it('a model that doubles a hundred times over', async () => {
    let model: unknown = sequential(layer('ReLU', 'r'));
    for (let i = 0; i < 60; i++) {
      const inner = model as { class_name: string; config: Json };
      const twice = { ...inner, config: { ...inner.config, name: 'a' } };
      model = {
        class_name: 'Sequential',
        config: { name: `m${i}`, layers: [twice, { ...twice, config: { ...twice.config, name: 'b' } }] },
      };
      if (i > 16) break;
    }
    const whole = model as { config: Json };
    await refused(
      written({ ...whole, config: { ...whole.config, build_input_shape: [null, 2] } }),
      'has over 10000 layers',
    );
  });
});

describe('layers', () => {
  it('that are not known are named, all at once, with what is wrong with them', () =>
    refused(
      written(
        sequential(
          layer('Conv2D', 'c', {
            filters: 2,
            kernel_size: 3,
            padding: 'causal',
            batch_input_shape: [null, 4, 4, 1],
          }),
          layer('SimpleRNN', 'memory', { units: 3 }),
          layer('ReLU', 'r', { max_value: -4 }),
          layer('Lambda', 'own'),
          layer('Dense', 'fc', { units: 2, activation: 'tanh_shrink' }),
          layer('Reshape', 'shape', { target_shape: [0] }),
        ),
      ),
      /cannot be converted: c \(Conv2D: has padding "causal"\); memory \(SimpleRNN: is a recurrent layer .*\); r \(ReLU: .*min must be at most max, -4.*\); own \(Lambda: holds a program .*\); fc \(Dense: has activation "tanh_shrink"\); shape \(Reshape: .*shape must be/,
    ));

  it.each<[string, unknown, string]>([
    ['without a name', sequential({ class_name: 'ReLU', config: {} }), 'a ReLU without a name'],
    ['with one name for two', sequential(fc(), fc()), 'two layers of net are called fc'],
    ['that are no objects', sequential(7), 'has 7 where a layer with a class_name should be'],
    [
      'with an impossible number of filters',
      sequential(layer('Conv2D', 'c', { filters: -1, kernel_size: 3, batch_input_shape: [null, 4, 4, 1] })),
      'c (Conv2D: conv2d: filters must be',
    ],
    [
      'whose window does not fit',
      sequential(layer('MaxPooling2D', 'p', { pool_size: 9, batch_input_shape: [null, 4, 4, 1] })),
      'p (MaxPooling2D: maxPool',
    ],
    ['that are none', sequential(), 'does not declare'],
    [
      'of which there is only the input',
      sequential(layer('InputLayer', 'in', { batch_input_shape: [null, 2] })),
      'has no layers but its input',
    ],
    [
      'that give more than there is memory for',
      sequential(layer('ZeroPadding2D', 'z', { padding: 1_000_000, batch_input_shape: [null, 4, 4, 1] })),
      'over 268435456 values',
    ],
    [
      'that take more than there is memory for',
      sequential(layer('GlobalMaxPooling2D', 'p', { batch_input_shape: [null, 1e6, 1e6, 3] })),
      'takes [1, 1000000, 1000000, 3], over 268435456 values',
    ],
    [
      'that scale more channels than anything has',
      sequential(layer('Rescaling', 'r', { scale: 2, batch_input_shape: [null, 2e8] })),
      'r (Rescaling: has 200000000 channels; at most 65536 can be scaled)',
    ],
    [
      'with a name of a million characters',
      sequential(layer('ReLU', 'x'.repeat(1e6), { batch_input_shape: [null, 2] })),
      'net has a ReLU whose name has 1000000 characters',
    ],
    [
      'of a class of a million characters',
      sequential(layer('X'.repeat(1e6), 'x', { batch_input_shape: [null, 2] })),
      'net has a layer whose class_name has 1000000 characters',
    ],
    [
      'that work on several axes',
      sequential(layer('Softmax', 's', { axis: [1, 2], batch_input_shape: [null, 4, 4, 1] })),
      'has axis [1, 2]; one dimension after the batch',
    ],
    [
      'called __proto__, of a class called constructor',
      sequential({ class_name: 'constructor', config: { name: '__proto__', batch_input_shape: [null, 2] } }),
      '__proto__ (constructor: is not supported)',
    ],
    [
      'with an activation called toString',
      sequential(layer('Activation', 'a', { activation: 'toString', batch_input_shape: [null, 2] })),
      'has activation "toString"',
    ],
    [
      'whose input is no shape',
      sequential(fc({ batch_input_shape: [null, 'two'] })),
      'takes [1, "two"], which is not a valid shape',
    ],
    [
      'whose input is empty',
      sequential(fc({ batch_input_shape: [null, 0] })),
      'takes [1, 0], which is not a valid shape',
    ],
  ])('%s', async (name, topology, message) => {
    if (name === 'that are none')
      return expect(layersModel(written(topology))).rejects.toMatchObject({ code: 'option' });
    return refused(written(topology), message);
  });

  it('with a scale that is lists 900 deep', () =>
    refused(
      text(
        `{"modelTopology":{"class_name":"Sequential","config":{"name":"n","layers":[{"class_name":"Rescaling","config":{"name":"r","batch_input_shape":[null,4],"scale":${'['.repeat(900)}${']'.repeat(900)}}}]}}}`,
      ),
      'r (Rescaling: has scale [[[[…]]]], but needs a number, or one number per channel)',
    ));

  it('__proto__ as a key changes nothing', async () => {
    const json =
      '{"modelTopology":{"class_name":"Sequential","config":{"name":"n","__proto__":{"polluted":1},"layers":[{"class_name":"ReLU","config":{"name":"r","batch_input_shape":[null,2],"__proto__":{"maxValue":3}}}]}}}';
    const net = await layersModel(text(json));
    expect(net.parts.map(({ stage }) => stage.spec['activation'])).toEqual(['relu']);
    expect(({} as Json)['polluted']).toBeUndefined();
  });
});

describe('wiring', () => {
  it.each<[string, unknown, string]>([
    [
      'in a circle',
      functional(relu('a', [[['out', 0, 0]]]), relu('out', [[['a', 0, 0]]])),
      'layers depend on each other in a circle: a, out',
    ],
    ['from itself', functional(relu('out', [[['out', 0, 0]]])), 'in a circle: out'],
    [
      'from a layer that does not exist',
      functional(relu('out', [[['nowhere', 0, 0]]])),
      'net uses a layer nowhere that does not exist',
    ],
    [
      'from a call that does not exist',
      functional(relu('a', [[['in', 0, 0]]]), relu('out', [[['a', 0, 0]], [['a', 7, 0]]])),
      'net uses a call of a that does not exist (a#7)',
    ],
    ['from a second value of a layer with one', functional(relu('out', [[['in', 0, 1]]])), 'takes output 1 of in#0'],
    [
      'of a layer that is called 100,000 times',
      functional(
        relu(
          'a',
          Array.from({ length: 1e5 }, () => [['in', 0, 0]]),
        ),
        relu('out', [[['a', 0, 0]]]),
      ),
      'the layers of net are used over 10000 times',
    ],
    ['as text', functional(relu('out', 'in')), 'inbound_nodes of out is "in", not a list'],
    ['as numbers', functional(relu('out', [[1, 2]])), 'inbound_nodes of out has [1, 2]'],
    [
      'to an output that does not exist',
      functional(relu('a', [[['in', 0, 0]]])),
      'net uses a layer out that does not exist',
    ],
    [
      'of two into a layer for one',
      functional(
        relu('out', [
          [
            ['in', 0, 0],
            ['in', 0, 0],
          ],
        ]),
      ),
      'out (ReLU: takes 2 inputs instead of one)',
    ],
    [
      'of one into a sum',
      functional(layer('Add', 'out', {}, { inbound_nodes: [[['in', 0, 0]]] })),
      'out (Add: takes 1 inputs instead of several)',
    ],
    [
      'of shapes that do not fit',
      functional(
        { ...fc({ units: 3 }), inbound_nodes: [[['in', 0, 0]]] },
        layer(
          'Add',
          'out',
          {},
          {
            inbound_nodes: [
              [
                ['in', 0, 0],
                ['fc', 0, 0],
              ],
            ],
          },
        ),
      ),
      'out (Add: cannot add [1, 2] and [1, 3] in node out',
    ],
  ])('%s', (_, topology, message) => refused(written(topology), message));

  it('of two inputs', () => {
    const topology = functional(relu('out', [[['in', 0, 0]]]));
    const config = {
      ...topology.config,
      input_layers: [
        ['in', 0, 0],
        ['in2', 0, 0],
      ],
    };
    return refused(written({ ...topology, config }), 'takes 2 inputs (in#0, in2#0); a stage takes one');
  });

  it('without outputs', () => {
    const topology = functional(relu('out', [[['in', 0, 0]]]));
    return refused(
      written({ ...topology, config: { ...topology.config, output_layers: [] } }),
      'must have input_layers and output_layers',
    );
  });
});

describe('weights', () => {
  const withManifest = (manifest: unknown, numbers = new Float32Array(4)) => [
    new File([JSON.stringify({ modelTopology: sequential(fc()), weightsManifest: manifest })], 'model.json'),
    new File([numbers], 'w.bin'),
  ];
  const one = (spec: Json, paths: unknown = ['w.bin']) => [
    { paths, weights: [{ name: 'fc/kernel', shape: [2, 2], dtype: 'float32', ...spec }] },
  ];

  const specs = one({})[0]?.weights ?? [];

  it.each<[string, File[], string | RegExp]>([
    ['that are not there at all', written(sequential(fc())), 'lacks the weights fc/kernel'],
    ['all that are missing', written(sequential(fc({ use_bias: true }))), 'lacks the weights fc/kernel, fc/bias'],
    ['of another shape', written(sequential(fc({ units: 3 })), kernel), 'fc/kernel is [2, 2], but fc needs [2, 3]'],
    [
      'of 10⁹ filters',
      written(sequential(fc({ units: 1_000_000_000 })), kernel),
      'fc (Dense: gives [1, 1000000000], over 268435456 values)',
    ],
    [
      'in a shard that is missing',
      withManifest(one({}, ['gone.bin'])),
      'model.json needs gone.bin, which is not among model.json, w.bin',
    ],
    [
      'in a shard that is short',
      withManifest(one({}), new Float32Array(3)),
      'needs 16 bytes of weights in w.bin, but got 12',
    ],
    [
      'in a shard that is long',
      withManifest(one({}), new Float32Array(5)),
      'cannot read w.bin: it is longer than the limit of 16 bytes',
    ],
    [
      'that claim to be 2²⁵ numbers',
      withManifest(one({ shape: [2 ** 25] })),
      'needs 134217728 bytes of weights in w.bin, but got 16: the files are incomplete',
    ],
    [
      'that claim to be 2⁵⁰ numbers',
      withManifest(one({ shape: [2 ** 25, 2 ** 25] })),
      'lists more than 4294967296 bytes of weights',
    ],
    [
      'that claim to be infinitely many, of nothing',
      withManifest(one({ shape: [...Array<number>(40).fill(2 ** 40), 0] })),
      /^model\.json: the shape of fc\/kernel is \[.*41 in all\]$/,
    ],
    [
      'whose shards are one file, named again and again',
      withManifest([...one({}), ...one({ name: 'fc/bias' })]),
      'model.json names "w.bin" twice in weightsManifest',
    ],
    [
      'with a name of a million characters',
      withManifest(one({ name: 'x'.repeat(1e6) })),
      'a weight whose name is "xxx',
    ],
    ['of a type that is no text', withManifest(one({ dtype: { toString: 1 } })), 'fc/kernel is an object;'],
    ['with a negative size', withManifest(one({ shape: [-1, 2] })), 'the shape of fc/kernel is [-1, 2]'],
    ['without a shape', withManifest(one({ shape: 'x' })), 'the shape of fc/kernel is "x"'],
    ['without a name', withManifest(one({ name: '' })), 'a weight whose name is ""'],
    [
      'of text',
      withManifest(one({ dtype: 'string' })),
      'fc/kernel is "string"; supported types are float32, int32, float16',
    ],
    ['of a type called __proto__', withManifest(one({ dtype: '__proto__' })), 'fc/kernel is "__proto__";'],
    [
      'of whole numbers',
      withManifest(one({ dtype: 'int32' })),
      "fc/kernel [2, 2] is int32; a layer's weights must be float32",
    ],
    [
      'quantized without a scale',
      withManifest(one({ quantization: { dtype: 'uint8', min: 0 } })),
      'fc/kernel is quantized as "uint8"',
    ],
    [
      'quantized to int4',
      withManifest(one({ quantization: { dtype: 'int4', min: 0, scale: 1 } })),
      'quantized as "int4"',
    ],
    [
      'called the same',
      withManifest([{ paths: ['w.bin'], weights: [...specs, ...specs] }], new Float32Array(8)),
      'has two weights called fc/kernel',
    ],
    ['in no list', withManifest({}), 'weightsManifest is an object, not a list'],
    ['in paths that are no list', withManifest(one({}, 'w.bin')), 'paths in weightsManifest is "w.bin"'],
    ['described by no list', withManifest([{ paths: ['w.bin'], weights: 4 }]), 'must be a list, not 4'],
  ])('%s', (_, files, message) => refused(files, message));

  it.each([
    '../w.bin',
    'a/../../w.bin',
    '/etc/passwd',
    '//elsewhere.example/w.bin',
    'https://elsewhere.example/w.bin',
    'file:///etc/passwd',
    'C:\\w.bin',
    '..\\w.bin',
    'a//b',
    './w.bin',
    '',
    'w\u0000.bin',
  ])('in %j, which leaves the folder', (path) =>
    refused(withManifest(one({}, [path])), 'the path must be relative to its folder'),
  );
});

describe('sources that are none', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', 3],
    ['an empty list', []],
    ['a list of other things', ['model.json']],
  ])('%s', (_, source) =>
    expect(layersModel(source as File[])).rejects.toMatchObject({
      code: 'option',
      message: expect.stringMatching(/^the source of a model must be a path, a URL or a list of File objects, not /),
    }),
  );

  it('files without a model', () =>
    refused(
      [new File(['x'], 'cat.png'), new File(['{}'], 'metadata.json')],
      'none of cat.png, metadata.json is a model',
    ));
  it('two shards of one name', () => {
    const [model, shard] = written(sequential(fc()), kernel) as [File, File];
    return refused([model, shard, shard], 'two files are called w.bin');
  });
  it('a name in IndexedDB that is none', () =>
    expect(layersModel(new URL('indexeddb://a%zz'))).rejects.toMatchObject({
      code: 'weights',
      message: 'indexeddb://a%zz is not a valid name of a model: URI malformed',
    }));
  it('IndexedDB in Node', () =>
    expect(layersModel(new URL('indexeddb://my-model'))).rejects.toMatchObject({
      code: 'weights',
      message: 'cannot read indexeddb://my-model: IndexedDB is available only in browsers',
    }));
});
