import { loadCpu, loadWebgl, loadWebgpu } from './engine-code.ts';
import { loadGpuSupport } from './gpu.ts';
import { IN_NODE } from './in-node.ts';
import { loadWasm } from './load-wasm.ts';
import type { EngineName, EngineOptions, TfjsBackend } from './engine-types.ts';

/** How the backends of tfjs are loaded, fastest first. Each is loaded only when it is used. */
export const BACKENDS: Record<TfjsBackend, (options: EngineOptions) => Promise<unknown>> = {
  webgpu: () => Promise.all([loadWebgpu(), loadGpuSupport()]),
  webgl: () => Promise.all([loadWebgl(), loadGpuSupport()]),
  wasm: loadWasm,
  cpu: loadCpu,
};

const BACKEND_NAMES = Object.keys(BACKENDS) as TfjsBackend[];

/** All engines, fastest first. */
export const ENGINE_NAMES: readonly EngineName[] = ['onnxruntime', ...BACKEND_NAMES];

/** What `auto` tries, in this order. A page has to ask for ONNX Runtime by name, because it has to give the module. */
export const AUTOMATIC: readonly EngineName[] = IN_NODE ? ENGINE_NAMES : BACKEND_NAMES;

/** Returns what an engine needs and this environment does not have. `auto` does not load such an engine. */
export function missingFor(engine: EngineName): string | undefined {
  if (engine === 'webgpu') return typeof navigator !== 'undefined' && 'gpu' in navigator ? undefined : 'WebGPU';
  if (engine !== 'webgl') return undefined;
  return typeof OffscreenCanvas !== 'undefined' || typeof document !== 'undefined' ? undefined : 'canvas';
}
