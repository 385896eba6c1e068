import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  activation,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool,
  OptionError,
  pipeline,
  preprocess,
  residual,
  ShapeError,
  stage,
  tapActivations,
  toTensor,
  useEngine,
  WeightsError,
  withSeed,
  writeOnnx,
  type AnyStage,
  type Shape,
} from 'sluice';
import { lenet5Pipeline } from 'sluice/pipelines/lenet5';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { resnet50Pipeline } from 'sluice/pipelines/resnet50';
import { squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { graphOf } from '../../src/onnx/graph-of.ts';
import { writeModel } from '../../src/onnx/onnx-model.ts';
import { joined } from '../../src/onnx/protobuf.ts';
import { compute, expectClose, randomGrid } from '../support/compute.ts';
import { CASES } from '../conformance/cases.ts';

beforeAll(() => useEngine('wasm'));

/** Opens a model; where the shapes written into it are not those that ONNX's rules give, that is an error. */
function strictly(model: Uint8Array): Promise<InferenceSession> {
  const session = { strict_shape_type_inference: '1' };
  return InferenceSession.create(model, {
    extra: { session },
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
  });
}

const shapesOf = (metadata: InferenceSession['inputMetadata']) =>
  Object.fromEntries(metadata.map((value) => [value.name, value.isTensor ? [value.type, value.shape] : []]));

function withBatch([, ...sizes]: Shape): (string | number)[] {
  return ['batch', ...sizes];
}

async function run(model: Uint8Array, { shape, data }: { shape: Shape; data: readonly number[] }) {
  const session = await strictly(model);
  const { output } = await session.run({ input: new Tensor('float32', Float32Array.from(data), shape) });
  await session.release();
  return { shape: output?.dims ?? [], data: Array.from(output?.data as Float32Array) };
}

describe('every stage', () => {
  it.each(CASES.map((one) => [`${one.op}: ${one.name}`, one] as const))(
    '%s: shapes agree with ONNX’s rules, for any batch',
    async (_name, { stage, input, weights = {}, expected }) => {
      const model = writeOnnx(stage.withWeights(weights), { inputShape: input.shape });
      const session = await strictly(model);
      expect(shapesOf(session.inputMetadata)).toEqual({ input: ['float32', withBatch(input.shape)] });
      expect(shapesOf(session.outputMetadata)).toEqual({ output: ['float32', withBatch(expected.shape)] });
      await session.release();
    },
  );

  test('a shape that is wrong would be found out', async () => {
    const net = pipeline(conv2d({ name: 'first', filters: 2, kernelSize: 3, seed: 1 }), flatten());
    const graph = graphOf('net', net.parts, [1, 5, 5, 1]);
    const [[name = ''] = []] = [...graph.shapes];
    expect(graph.shapes.get(name)).toEqual(['batch', 2, 3, 3]);
    await (await strictly(joined(writeModel(graph)))).release();
    const shapes = new Map([...graph.shapes, [name, ['batch', 2, 3, 4]] as const]);
    await expect(strictly(joined(writeModel({ ...graph, shapes })))).rejects.toThrow(/mismatch|shape/i);
    const outputs = { output: ['batch', 17] };
    await expect(strictly(joined(writeModel({ ...graph, outputs })))).rejects.toThrow(/mismatch|shape/i);
  });
});

describe('networks', () => {
  it.each<[string, () => AnyStage | Promise<AnyStage>]>([
    ['mobilenet-v1', async () => (await mobilenetV1()).pipeline],
    ['lenet5', () => withSeed(lenet5Pipeline(), 1)],
    ['squeezenet', () => withSeed(squeezenetPipeline(), 1)],
    ['resnet50', () => withSeed(resnet50Pipeline(), 1)],
  ])('%s as a file gives what it gives here, two pictures at once', { timeout: 120_000 }, async (_name, load) => {
    const net = await load();
    const [, ...sizes] = net.inputShape ?? [];
    const input = randomGrid([2, ...sizes]);
    const came = await run(writeOnnx(net), input);
    expectClose(came, compute(net as never, input), 1e-4);
  });

  it('names values by their stages, and carries what it is told to', async () => {
    const net = pipeline(
      { name: 'net', inputShape: [1, 4, 4, 3] },
      residual({ name: 'block' }, conv2d({ filters: 3, kernelSize: 1, seed: 1 })),
      globalAvgPool(),
      dense({ name: 'scores', units: 2, seed: 2 }),
    );
    const text = Buffer.from(writeOnnx(net, { metadata: { labels: '["cat","dög"]' } })).toString('utf8');
    for (const name of [
      'block/conv2d/kernel',
      'scores/Gemm',
      'globalAvgPool/GlobalAveragePool',
      'labels',
      '["cat","dög"]',
    ]) {
      expect(text).toContain(name);
    }
  });

  it('of one value, and of nothing but what passes it on', async () => {
    const nothing = pipeline({ inputShape: [1, 2] }, dropout(), activation('linear'));
    expect(await run(writeOnnx(nothing), { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] })).toEqual({
      shape: [3, 2],
      data: [1, 2, 3, 4, 5, 6],
    });
  });
});

describe('what ONNX has no words for', () => {
  const own = stage<tf.Tensor, tf.Tensor>({
    spec: { op: 'relu', name: 'mine' },
    outputShape: (input) => input,
    kernel: () => (x) => tf.relu(x),
  });
  const size = { width: 4, height: 4, range: [0, 1] } as const;
  it.each<[string, () => Uint8Array, typeof OptionError | typeof WeightsError | typeof ShapeError, RegExp]>([
    [
      'a stage of one’s own',
      () => writeOnnx(pipeline(flatten(), own), { inputShape: [1, 4] }),
      OptionError,
      /mine \(relu\) is not/,
    ],
    [
      'several',
      () => writeOnnx(pipeline(own, flatten(), own.named('b')), { inputShape: [1, 4] }),
      OptionError,
      /mine \(relu\), b \(relu\) are not/,
    ],
    [
      'one inside another',
      () => writeOnnx(residual(own), { inputShape: [1, 2, 2, 1] }),
      OptionError,
      /residual \(residual\) is not/,
    ],
    [
      'one that is watched',
      () => writeOnnx(tapActivations(flatten()), { inputShape: [1, 4] }),
      OptionError,
      /flatten \(flatten\) is not/,
    ],
    [
      'pictures',
      () => writeOnnx(pipeline(preprocess(size), flatten()), { inputShape: [1, 4, 4, 3] }),
      OptionError,
      /preprocess \(preprocess\) is not/,
    ],
    ['pictures, alone', () => writeOnnx(toTensor(), { inputShape: [1, 4, 4, 3] }), OptionError, /toTensor/],
    ['no shape', () => writeOnnx(flatten()), OptionError, /flatten: an ONNX file needs an input shape/],
    ['no weights', () => writeOnnx(dense({ units: 2 }), { inputShape: [1, 4] }), WeightsError, /dense has no kernel/],
    [
      'a shape that does not fit',
      () => writeOnnx(dense({ units: 2, seed: 1 }), { inputShape: [1, 4, 4, 3] }),
      ShapeError,
      /dense needs/,
    ],
    [
      'over 2 GB',
      () => writeOnnx(dense({ units: 25_000 }), { inputShape: [1, 25_000] }),
      OptionError,
      /2\.5 GB of weights: an ONNX file cannot be larger than 2 GB/,
    ],
  ])('%s', (_name, write, kind, message) => {
    expect(write).toThrow(kind);
    expect(write).toThrow(message);
  });
});
