import { expect, test } from 'vitest';
import { loadModel } from '../../src/models/named-model.ts';

const INT8 = { model: 'mobilenet-v1', precision: 'int8' } as const;

test('the weights of 8 bits come with names, preparation and the network of the floats', async () => {
  const [floats, integers] = [await loadModel({ model: 'mobilenet-v1' }), await loadModel(INT8)];
  expect(integers.name).toBe('mobilenet-v1');
  expect(integers.labels).toEqual(floats.labels);
  expect(integers.preprocess).toMatchObject(floats.preprocess);
  const levels = integers.pipeline.parts.filter(({ stage }) => stage.spec.op === 'fakeQuantize');
  expect(levels).toHaveLength(29); // the input, 27 convolutions, and the mean before the last layer
});

test('names of your own go with it, and their number is checked', async () => {
  const { labels } = await loadModel({ ...INT8, labels: 'imagenet' });
  expect(labels[336]).toMatch(/^fox squirrel/);
});

test.each([
  [{ model: 'resnet50' }, /resnet50 has no weights of 8 bits.*sluice quantize --model resnet50/],
  [{ model: 'movenet' }, /movenet has no weights of 8 bits/],
  [{ model: './mine.onnx' }, /\.\/mine\.onnx is a file, whose numbers are what they are/],
  [{ weights: 'w.safetensors' }, /takes the weights that mobilenet-v1 has: leave out --weights/],
  [{ seed: 1 }, /leave out --seed/],
  [{ size: { width: 8, height: 8 } }, /fixed input size: leave out --size/],
  [{ range: [0, 1] as const }, /fixed range of pixel values/],
  [{ precision: 'int4' as 'int8' }, /precision \(--precision\) must be int8, not "int4"/],
  [{ maxWork: 1000 }, /over the limit of 1e3/],
])('refused: %j', async (choice, message) => {
  await expect(loadModel({ ...INT8, ...choice })).rejects.toThrow(message);
});
