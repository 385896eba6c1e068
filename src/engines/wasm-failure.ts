import * as tf from '@tensorflow/tfjs-core';
import { messageOf } from '../errors/errors.ts';
import type { EngineOptions } from './engine-types.ts';

/** `\0asm`, the first bytes of a wasm file. */
const MAGIC = '0,97,115,109';

/** Returns why the wasm backend did not start in this page, if the reason is its file. tfjs does not say. */
export async function wasmFailure({ wasmPaths = '' }: EngineOptions): Promise<string | undefined> {
  const file = await wasmFile();
  const path = typeof wasmPaths === 'string' ? wasmPaths + file : wasmPaths[file];
  const base = typeof document === 'undefined' ? globalThis.location?.href : document.baseURI;
  if (path === undefined || !URL.canParse(path, base)) return undefined;
  const url = new URL(path, base);
  const fault = await faultAt(url);
  return fault === undefined
    ? undefined
    : `its file ${file} is not at ${url.origin}${url.pathname} (${fault}). Copy dist/*.wasm of the package ` +
        '@tensorflow/tfjs-backend-wasm to a folder that the page can load, and give that folder as wasmPaths';
}

/** The file that tfjs takes in this browser. */
async function wasmFile(): Promise<string> {
  const [simd, threads] = await Promise.all(
    ['WASM_HAS_SIMD_SUPPORT', 'WASM_HAS_MULTITHREAD_SUPPORT'].map((flag) => tf.env().getAsync(flag)),
  );
  return `tfjs-backend-wasm${simd ? (threads ? '-threaded-simd' : '-simd') : ''}.wasm`;
}

async function faultAt(url: URL): Promise<string | undefined> {
  try {
    const response = await fetch(url);
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    await reader?.cancel();
    if (!response.ok) return `the server answered ${response.status}`;
    // Servers of single-page applications answer with the page for what does not exist.
    return value?.subarray(0, 4).join() === MAGIC ? undefined : 'the server sends something else there';
  } catch (cause) {
    return messageOf(cause);
  }
}
