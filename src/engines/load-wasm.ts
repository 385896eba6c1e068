import * as tf from '@tensorflow/tfjs-core';
import { messageOf } from '../errors/errors.ts';
import { count } from '../stage/arguments.ts';
import { loadTfjsWasm } from './engine-code.ts';
import type { EngineOptions } from './engine-types.ts';
import { resetBackend } from './reset-backend.ts';
import { quickSpaceToBatch } from './tfjs-patches/quick-space-to-batch.ts';
import { completeThreadScripts } from './tfjs-patches/thread-scripts.ts';
import { ThreadWatch } from './tfjs-patches/thread-watch.ts';
import { setWasmFiles } from './tfjs-patches/wasm-files.ts';

/** Loads the wasm backend and tells it where its files are and how many threads it may use. */
export async function loadWasm({ wasmPaths, threads }: EngineOptions): Promise<void> {
  if (threads !== undefined) count('useEngine', 'threads', threads);
  const { setThreadsCount, setWasmPaths } = await loadTfjsWasm();
  quickSpaceToBatch();
  // A backend that runs keeps its files and threads, and throws if it is given others.
  if (tf.engine().registry['wasm']) return;
  if (threads !== undefined) setThreadsCount(threads);
  setWasmFiles(setWasmPaths, wasmPaths);
}

/** Why the backend that runs has one thread, although the page may have several; undefined where nothing went wrong. */
let failedThreads: string | undefined;

/** Starts the wasm backend: with threads if the page may have some and they start, otherwise with one. */
export async function startWasm(): Promise<boolean> {
  if (!mayHaveThreads() || tf.engine().registry['wasm']) return tf.setBackend('wasm');
  const threads = new ThreadWatch();
  const restore = completeThreadScripts((thread) => threads.watch(thread));
  try {
    if (await Promise.race([tf.setBackend('wasm'), threads.failure])) return true;
    failedThreads = 'its backend did not start with them';
  } catch (error) {
    failedThreads = messageOf(error);
  } finally {
    threads.stop();
    restore();
  }
  threads.terminate();
  resetBackend('wasm');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  return await tf.setBackend('wasm');
}

/** Says what is remarkable about the wasm backend's threads, for the engine's reason: how many, or why there is one. */
export async function describeThreads(): Promise<string | undefined> {
  if (!mayHaveThreads()) return undefined;
  if (failedThreads !== undefined) return `on one thread, because more did not start: ${failedThreads}`;
  const { getThreadsCount } = await loadTfjsWasm();
  const count = getThreadsCount();
  return count > 1 ? `on ${count} threads` : undefined;
}

/** Threads share memory. Browsers allow that only to pages that are cross-origin isolated. */
function mayHaveThreads(): boolean {
  return 'crossOriginIsolated' in globalThis && globalThis.crossOriginIsolated;
}
