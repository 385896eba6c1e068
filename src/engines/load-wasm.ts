import * as tf from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import type { EngineOptions } from './engine-types.ts';
import { resetBackend } from './reset-backend.ts';
import { completeThreadScripts } from './tfjs-patches/thread-scripts.ts';
import { threadFailure } from './tfjs-patches/thread-failure.ts';

/** Loads the wasm backend and tells it where its files are and how many threads it may use. */
export async function loadWasm({ wasmPaths, threads }: EngineOptions): Promise<void> {
  if (threads !== undefined) count('useEngine', 'threads', threads);
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // A backend that runs keeps its files and threads, and throws if it is given others.
  if (tf.engine().registry['wasm']) return;
  if (threads !== undefined) setThreadsCount(threads);
  if (typeof wasmPaths === 'string') setWasmPaths(wasmPaths);
  else if (wasmPaths !== undefined) setWasmPaths({ ...wasmPaths });
}

/** Starts the wasm backend: with threads if the page may have some and they start, otherwise with one. */
export async function startWasm(): Promise<boolean> {
  if (!mayHaveThreads() || tf.engine().registry['wasm']) return tf.setBackend('wasm');
  const restore = completeThreadScripts();
  const { failure, stop } = threadFailure();
  try {
    return await Promise.race([tf.setBackend('wasm'), failure]);
  } catch {
    resetBackend('wasm');
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    return await tf.setBackend('wasm');
  } finally {
    stop();
    restore();
  }
}

/** Returns the number of threads that the wasm backend computes on. */
export async function wasmThreads(): Promise<number> {
  if (!mayHaveThreads()) return 1;
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  return getThreadsCount();
}

/** Threads share memory. Browsers allow that only to pages that are cross-origin isolated. */
function mayHaveThreads(): boolean {
  return 'crossOriginIsolated' in globalThis && globalThis.crossOriginIsolated;
}
