import * as tf from '@tensorflow/tfjs-core';
import * as runtime from 'onnxruntime-web/wasm';
import ortWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { onnxModel, releaseModels, useEngine, type Pipeline } from 'sluice';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import { filled } from '../models/onnx/filled.ts';
import { computed, randomGrid } from '../support/compute.ts';

// As test/models/onnx/light.test.ts: nine classic topologies with random weights against ONNX Runtime, here on webgl.

declare module 'vitest/browser' {
  interface BrowserCommands {
    lightModels: () => Promise<string[]>;
    lightModel: (name: string) => Promise<string>;
  }
}

const names = await commands.lightModels();

beforeAll(async () => {
  await import('@tensorflow/tfjs-backend-webgl');
  tf.env().set('WEBGL_CPU_FORWARD', false);
  runtime.env.wasm.wasmPaths = { wasm: new URL(ortWasm, location.href).href };
  runtime.env.wasm.numThreads = 1;
});
afterAll(() => releaseModels());

const picture = randomGrid([1, 224, 224, 3]);
const [, SIZE = 0] = picture.shape;
/** The picture with the channels first. */
const planes = Float32Array.from(
  picture.data,
  (_, i) => picture.data[(i % SIZE ** 2) * 3 + Math.floor(i / SIZE ** 2)] ?? NaN,
);
const bytesOf = (text: string) => Uint8Array.from(atob(text), (letter) => letter.codePointAt(0) ?? 0);

/** What ONNX Runtime computes, with the last matrix made smaller until not all scores but one are 0. */
async function reference(name: string, bytes: Uint8Array) {
  for (let matrices = 1; ; matrices /= 100) {
    const made = filled(name, bytes, matrices);
    const externalData = [...made.weights].map(([path, values]) => ({ path, data: new Uint8Array(values.buffer) }));
    const session = await runtime.InferenceSession.create(made.model, { externalData, logSeverityLevel: 4 });
    const input = new runtime.Tensor('float32', planes, [1, 3, SIZE, SIZE]);
    const { [session.outputNames[0] ?? '']: output } = await session.run({ [session.inputNames[0] ?? '']: input });
    await session.release();
    const expected = Array.from((output?.data ?? []) as Float32Array);
    const isDone = made.weights.size === 0 || output?.dims.length === 4 || Math.max(...expected) < 0.9;
    if (isDone || matrices < 1e-30) return { made, expected };
  }
}

describe.skipIf(names.length === 0)('the light models', () => {
  it.each(names)('%s on webgl', { timeout: 900_000 }, async (name) => {
    const { made, expected } = await reference(name, bytesOf(await commands.lightModel(name)));
    const parts = [...made.weights].map(([path, values]) => new File([values as Float32Array<ArrayBuffer>], path));
    const files = [new File([made.model as Uint8Array<ArrayBuffer>], name), ...parts];
    const net = (await onnxModel(files)) as unknown as Pipeline<never, tf.Tensor>;
    await useEngine('webgl');
    const actual = await computed(net, picture);
    expect(actual.data).toHaveLength(expected.length);
    // Many small scores are 0 here.
    expect(new Set(expected).size).toBeGreaterThan(300);
    const largest = Math.max(...expected.map(Math.abs));
    const error = actual.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))), 0);
    expect(error / largest).toBeLessThan(1e-4);
    await releaseModels();
  });
});
