import * as tf from '@tensorflow/tfjs-core';
import * as runtime from 'onnxruntime-web/wasm';
import ortWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { lastValueFrom, map } from 'rxjs';
import { frameSource, onnxModel, useEngine, type OnnxModelOptions, type Pipeline } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import { fileOf, floats, ints, node, tiny } from '../models/onnx/tiny.ts';
import { randomGrid } from '../support/compute.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

// What stages cannot do runs on onnxruntime-web, beside stages on any engine.

beforeAll(() => {
  runtime.env.wasm.wasmPaths = { wasm: new URL(ortWasm, location.href).href };
  runtime.env.wasm.numThreads = 1;
});

const model = () =>
  fileOf(
    tiny(
      [1, 3, 8, 8],
      [
        node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
        node('GlobalMaxPool', ['c'], 'g'),
        node('Flatten', ['g'], 'f', { axis: 1 }),
        { name: '', op: 'TopK', inputs: ['f', 'k'], outputs: ['y', 'i'], attributes: {} },
      ],
      { w: floats([4, 3, 3, 3], 0.3, -0.2, 0.1, 0.25, -0.15), k: ints(2) },
    ),
  );

async function computed(options: OnnxModelOptions): Promise<number[]> {
  const net = (await onnxModel([model()], options)) as unknown as Pipeline<tf.Tensor, tf.Tensor>;
  const { data, shape } = randomGrid([1, 8, 8, 3]);
  const source = frameSource([{ data: tf.tensor(data, [...shape]), timestamp: 0 }], { source: 'test' });
  const read = map((frame: { readonly data: tf.Tensor }) => Array.from(frame.data.dataSync()));
  return lastValueFrom(source.pipe(net, read));
}

it('a page gives the runtime, and the stages before it run on any engine', { timeout: 60_000 }, async () => {
  await useEngine('cpu');
  const expected = await computed({ onnxRuntime: 'whole', runtimeOptions: { runtime } });
  expect(expected).toHaveLength(2);
  expect(expected[0]).toBeGreaterThan(expected[1] ?? NaN);
  for (const engine of ['cpu', 'wasm', 'webgl'] as const) {
    await useEngine(engine, { wasmPaths: WASM_PATHS });
    const actual = await computed({ onnxRuntime: 'rest', runtimeOptions: { runtime } });
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] ?? NaN, 3);
  }
});

it('without it, an error says how', async () => {
  await useEngine('cpu');
  await expect(computed({ onnxRuntime: 'rest' })).rejects.toThrow(/TopK \(y\).*runtimeOptions: \{ runtime \}/);
});
