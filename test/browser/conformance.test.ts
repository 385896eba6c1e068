import * as tf from '@tensorflow/tfjs-core';
import { useEngine } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import { TOLERANCE } from '../support/compute.ts';
import { runCases } from '../conformance/run-cases.ts';
import { runDraws } from '../conformance/run-draws.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

const ENGINES = ['webgl', 'webgpu'] as const;

// tfjs computes what is small on the processor: here it is to compute nothing there. The flags exist once a backend is loaded.
beforeAll(async () => {
  await Promise.all([import('@tensorflow/tfjs-backend-webgl'), import('@tensorflow/tfjs-backend-webgpu')]);
  for (const engine of ENGINES) tf.env().set(`${engine.toUpperCase()}_CPU_FORWARD`, false);
});

it('wasm runs where its files are said to be', async () => {
  const before = tf.getBackend();
  expect(await useEngine('wasm', { wasmPaths: WASM_PATHS })).toEqual({ name: 'wasm', reason: 'asked for' });
  expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  // Once it runs, where its files are is of no matter.
  expect(await useEngine('wasm', { wasmPaths: '/nowhere/' })).toMatchObject({ name: 'wasm' });
  await tf.setBackend(before || 'webgl');
});

it('computes in 32 bits', async () => {
  await tf.setBackend('webgl');
  expect(tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')).toBe(true);
});

for (const engine of ENGINES) {
  runCases(engine, TOLERANCE, (errors) => {
    if (import.meta.env['CONFORMANCE'] === 'print') console.log('CONFORMANCE', JSON.stringify({ engine, errors }));
  });
  // Each draw compiles shaders of its own.
  runDraws(engine, 24, Number(import.meta.env['FUZZ_SEED'] || 20_260_104));
}
