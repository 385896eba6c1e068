import type { OptionNames } from '../errors/check-options.ts';
import type { OnnxRuntimeOptions } from './onnxruntime/load-runtime.ts';

/** The engines a pipeline runs on. */
export type EngineName = 'onnxruntime' | Backend;

/** Those that are backends of tfjs. */
export type Backend = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** What runs, and why it was chosen. */
export interface Engine {
  readonly name: EngineName;
  readonly reason: string;
}

/**
 * How an engine is set up. `executionProviders` and `runtime` are refused with any other engine than `onnxruntime` or
 * `auto`; an engine that has no use for `threads`, `stageTimes` or `wasmPaths` ignores them.
 */
export interface EngineOptions extends OnnxRuntimeOptions {
  /**
   * In browsers: where the files of `@tensorflow/tfjs-backend-wasm` (`dist/*.wasm`) are served from, as a folder that ends
   * in `/`, or each by its name. Default: beside the script that loads them, which bundlers seldom leave there.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
}

/** @internal */
export const ENGINE_NAMES: OptionNames<EngineOptions> = {
  threads: true,
  executionProviders: true,
  runtime: true,
  stageTimes: true,
  wasmPaths: true,
};
