import { beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  conv2d,
  fromSpec,
  normalize,
  OptionError,
  pipeline,
  preprocess,
  resize,
  stage,
  toTensor,
  useEngine,
  type AnyStage,
  type Spec,
} from 'sluice';
import { compute } from '../support/compute.ts';
import { CASES } from '../conformance/cases.ts';

const throughJson = (spec: Spec): Spec => JSON.parse(JSON.stringify(spec)) as Spec;

describe('what comes back is the same stage', () => {
  beforeAll(() => useEngine('wasm'));

  test.each(CASES.map((one) => [`${one.op}: ${one.name}`, one] as const))('%s', (_name, one) => {
    const shape = one.input.shape;
    const again = fromSpec(throughJson(one.stage.spec));
    expect(again.spec).toEqual(one.stage.spec);
    expect(again.name).toBe(one.stage.name);
    expect(again.outputShape(shape)).toEqual(one.stage.outputShape(shape));
    expect(again.weightShapes(shape)).toEqual(one.stage.weightShapes(shape));
    expect(again.macs(shape)).toBe(one.stage.macs(shape));
    // Weights are no part of the spec; they go over by name.
    const weights = one.stage.withWeights(one.weights ?? {}).weights(shape);
    expect(compute(again as never, one.input, weights)).toEqual(compute(one.stage as never, one.input, one.weights));
  });

  test.each<[string, AnyStage]>([
    ['normalize by range', normalize({ range: [-1, 1] })],
    ['normalize by mean', normalize({ mean: [0.1, 0.2, 0.3], std: [0.5, 0.5, 0.5] })],
    ['toTensor', toTensor()],
    ['resize', resize({ width: 8, height: 6, fit: 'cover' })],
    ['preprocess', preprocess({ width: 8, height: 6, range: [-1, 1] })],
    ['a renamed one', toTensor().named('pixels')],
  ])('%s', (_what, one) => {
    const again = fromSpec(throughJson(one.spec));
    expect(again.spec).toEqual(one.spec);
    expect(again.name).toBe(one.name);
  });

  test('a whole pipeline, with its name, its declared shape and stages that were numbered', () => {
    const net = pipeline(
      { name: 'net', inputShape: [1, 8, 8, 3] },
      conv2d({ filters: 2, kernelSize: 3, seed: 1 }),
      conv2d({ filters: 2, kernelSize: 3, seed: 1 }),
    );
    const again = fromSpec(throughJson(net.spec));
    expect(again.spec).toEqual(net.spec);
    expect(again.inputShape).toEqual([1, 8, 8, 3]);
    expect(again.parts.map(({ name }) => name)).toEqual(['conv2d', 'conv2d_1']);
  });
});

describe('options', () => {
  const net = pipeline(
    conv2d({ filters: 2, kernelSize: 1 }),
    activation('prelu'),
    conv2d({ filters: 2, kernelSize: 1 }),
  );

  test('a seed draws all weights, others for each stage, and the same each time', () => {
    const weights = fromSpec(net.spec, { seed: 1 }).weights([1, 2, 2, 2]);
    expect(fromSpec(net.spec, { seed: 1 }).weights([1, 2, 2, 2])).toEqual(weights);
    expect(weights['conv2d/kernel']?.data).not.toEqual(weights['conv2d_1/kernel']?.data);
    expect(() => fromSpec(net.spec).weights([1, 2, 2, 2])).toThrow('has no kernel');
  });

  test('stages of one’s own', () => {
    const half = () =>
      stage({ spec: { op: 'half' }, outputShape: (shape) => shape, kernel: () => (x: never) => x }) as AnyStage;
    const own = pipeline(half() as never, half() as never) as AnyStage;
    const again = fromSpec(throughJson(own.spec), { stages: { half } });
    expect(again.spec).toEqual(own.spec);
    expect(() => fromSpec(own.spec)).toThrow('a spec has the op "half", which is none of');
  });
});

describe('what is no spec', () => {
  const deep = Array.from({ length: 1_000_000 }).reduce<Spec>((inner) => ({ op: 'pipeline', stages: [inner] }), {
    op: 'flatten',
  });
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'conv2d'],
    ['a list', []],
    ['no op', {}],
    ['an op that is no text', { op: 3 }],
    ['an unknown op', { op: 'conv3d' }],
    ['an op of every object', { op: 'toString' }],
    ['__proto__', { op: '__proto__' }],
    ['constructor', { op: 'constructor' }],
    ['a pipeline without stages', { op: 'pipeline' }],
    ['a pipeline of none', { op: 'pipeline', stages: [] }],
    ['a pipeline of a text', { op: 'pipeline', stages: 'conv2d' }],
    ['a pipeline of texts', { op: 'pipeline', stages: ['conv2d'] }],
    ['a residual without stages', { op: 'residual' }],
    ['a residual with a shortcut of null', { op: 'residual', stages: [{ op: 'flatten' }], shortcut: null }],
    ['a concat without branches', { op: 'concatenate' }],
    ['a graph without nodes', { op: 'graph', output: 'a' }],
    ['a graph with a node of null', { op: 'graph', nodes: { a: null }, output: 'a' }],
    ['a graph of a list', { op: 'graph', nodes: [], output: 'a' }],
    ['a graph with a node that is no spec', { op: 'graph', nodes: { a: { stage: 3, from: 'input' } }, output: 'a' }],
    ['an impossible argument', { op: 'conv2d', filters: 0, kernelSize: 1 }],
    ['a missing argument', { op: 'conv2d', filters: 1 }],
    ['an unknown activation', { op: 'activation', activation: 'swoosh' }],
    ['no activation', { op: 'activation' }],
    ['a million deep', deep],
  ])('%s', (_what, spec) => {
    expect(() => fromSpec(spec as Spec)).toThrow(OptionError);
  });
});
