import * as tf from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import { discard } from './discard.ts';
import { completeThreadScripts, threadFailure } from './tfjs-patches/thread-scripts.ts';
import type { EngineOptions } from './engine-types.ts';

/** @internal Loads the wasm backend, and tells it where its files are and on how many threads it may compute. */
export async function loadWasm({ wasmPaths, threads }: EngineOptions): Promise<void> {
  if (threads !== undefined) count('useEngine', 'threads', threads);
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // Once it runs it has its files and its threads, and would refuse others.
  if (tf.engine().registry['wasm']) return;
  if (threads !== undefined) setThreadsCount(threads);
  if (typeof wasmPaths === 'string') setWasmPaths(wasmPaths);
  else if (wasmPaths !== undefined) setWasmPaths({ ...wasmPaths });
}

/** @internal Starts it, on threads where it may have some and they do start, else on one. */
export async function startWasm(): Promise<boolean> {
  if (!mayHaveThreads() || tf.engine().registry['wasm']) return tf.setBackend('wasm');
  const restore = completeThreadScripts();
  const { failure, stop } = threadFailure();
  try {
    return await Promise.race([tf.setBackend('wasm'), failure]);
  } catch {
    discard('wasm');
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    return await tf.setBackend('wasm');
  } finally {
    stop();
    restore();
  }
}

/** @internal On how many threads the wasm backend computes. */
export async function wasmThreads(): Promise<number> {
  if (!mayHaveThreads()) return 1;
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  return getThreadsCount();
}

/** Threads share memory, which browsers allow only to pages that are isolated from others. */
function mayHaveThreads(): boolean {
  return 'crossOriginIsolated' in globalThis && globalThis.crossOriginIsolated;
}
