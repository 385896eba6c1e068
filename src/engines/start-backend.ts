import * as tf from '@tensorflow/tfjs-core';
import { loadOnnxRuntimeEngine } from './engine-code.ts';
import { BACKENDS } from './engines.ts';
import type { EngineOptions, TfjsBackend } from './engine-types.ts';
import { deviceBehind } from './gpu.ts';
import type { GraphEngine } from './graph-engine.ts';
import { IN_NODE } from './in-node.ts';
import { startWasm } from './load-wasm.ts';
import { resetBackend } from './reset-backend.ts';
import { silenceCpuAdvice } from './tfjs-patches/silence-cpu-advice.ts';
import { withoutListeners } from './tfjs-patches/without-listeners.ts';
import { wasmFailure } from './wasm-failure.ts';

/** Loads and starts a backend of tfjs. Throws if it does not start. */
export async function startBackend(name: TfjsBackend, options: EngineOptions): Promise<undefined> {
  await BACKENDS[name](options);
  if (deviceBehind(name)?.isLost) resetBackend(name);
  const start = name === 'wasm' ? startWasm : () => tf.setBackend(name);
  if (!(await withoutListeners(start))) {
    const why = name === 'wasm' && !IN_NODE ? await wasmFailure(options) : undefined;
    throw new Error(why ?? 'its backend did not start');
  }
  if (name === 'cpu') silenceCpuAdvice();
  // Begins to watch the backend's GPU, if it has one.
  deviceBehind(name);
}

/** Starts ONNX Runtime, and beside it tfjs for stages that cannot be part of a graph: on wasm, or on cpu without wasm. */
export async function startOnnxRuntimeWithTfjs(options: EngineOptions): Promise<GraphEngine> {
  const { startOnnxRuntime } = await loadOnnxRuntimeEngine();
  const graphs = await startOnnxRuntime(options);
  await startBackend('wasm', options).catch(() => startBackend('cpu', options));
  return graphs;
}
