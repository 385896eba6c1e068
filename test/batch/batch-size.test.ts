import { flatten, pipeline, softmax } from 'sluice';
import { expect, it } from 'vitest';
import { batchSizeFor } from '../../src/batch/batch-size.ts';
import { loadPipeline } from '../../src/models/named-model.ts';

it.each([
  ['lenet5', 'onnxruntime', 16],
  ['alexnet', 'onnxruntime', 16],
  ['alexnet', 'wasm', 16],
  ['mobilenet-v1', 'onnxruntime', 1],
  ['mobilenet-v1', 'cpu', 1],
  ['mobilenet-v1', 'wasm', 4],
  ['resnet50', 'wasm', 4],
] as const)('%s on %s takes %d frames at once', async (name, engine, size) => {
  expect(batchSizeFor({ pipeline: await loadPipeline({ model: name }) }, engine)).toBe(size);
});

it.each(['onnxruntime', 'wasm'] as const)('what multiplies nothing takes one frame, on %s', (engine) => {
  const net = pipeline({ inputShape: [1, 2, 2, 1] }, flatten(), softmax());
  expect(batchSizeFor({ pipeline: net }, engine)).toBe(1);
});
