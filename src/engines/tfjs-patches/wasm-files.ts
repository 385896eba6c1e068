import { OptionError } from '../../errors/errors.ts';
import type { EngineOptions } from '../engine-types.ts';

const NAMES = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'];

/** The addresses of the wasm files. tfjs reads them whenever it starts. One that is not here is beside the bundled script. */
const files: Record<string, string> = {};
let isSet = false;

/**
 * Sets where the wasm files are, also after the backend failed to start: from then on, `setWasmPaths` throws. So tfjs gets one
 * list before it starts for the first time, and the list is changed. No upstream issue known.
 */
export function setWasmFiles(
  setWasmPaths: (list: Record<string, string>) => void,
  wasmPaths: EngineOptions['wasmPaths'] = {},
): void {
  for (const name of NAMES) {
    const file = typeof wasmPaths === 'string' ? wasmPaths + name : wasmPaths[name];
    if (file !== undefined) files[name] = file;
  }
  const missing = NAMES.filter((name) => files[name] === undefined);
  if (missing.length > 0 && missing.length < NAMES.length) {
    throw new OptionError(`useEngine: wasmPaths has no entry for ${missing.join(', ')}`);
  }
  if (isSet) return;
  isSet = true;
  try {
    setWasmPaths(files);
  } catch {
    // It has taken the list before it reports that entries are missing.
  }
}
