import { EngineError } from '../errors/errors.ts';

// The code of engines, each part loaded when it is used. These imports are in a module that a page loads at first, because
// Rollup looks only there for what a page may wait for at its top level.

export const loadWebgpu = () => inTime(import('@tensorflow/tfjs-backend-webgpu'));
export const loadWebgl = () => inTime(import('@tensorflow/tfjs-backend-webgl'));
export const loadTfjsWasm = () => inTime(import('@tensorflow/tfjs-backend-wasm'));
export const loadCpu = () => inTime(import('@tensorflow/tfjs-backend-cpu'));
export const loadOnnxRuntimeEngine = () => inTime(import('./onnxruntime/onnxruntime-engine.ts'));

const LIMIT_S = 30;

/**
 * Rejects with `EngineError` if code does not load. Rollup before 4.65 may put what that code imports into the chunk of the
 * page's script. If the script waits for the code at its top level, each then waits for the other, without an error.
 */
export async function inTime<T>(code: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new EngineError(
          `the code of the engine did not load within ${LIMIT_S} s. If the page waits for it with a top-level await, and ` +
            'Rollup before 4.65 bundled it, they wait for each other: update Rollup, or await in a function (docs/bundlers.md)',
        ),
      );
    }, LIMIT_S * 1000);
  });
  return Promise.race([code, late]).finally(() => clearTimeout(timer));
}
