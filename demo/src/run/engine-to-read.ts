import { currentEngine, useEngine } from 'sluice';
import { wasmPaths } from './wasm-paths.ts';

/** Starts an engine, unless one runs: a graph model is run once when it is read. The processor begins faster than a GPU. */
export async function engineToRead(): Promise<void> {
  if (!currentEngine()) await useEngine('wasm', { wasmPaths }).catch(() => useEngine('auto', { wasmPaths }));
}
