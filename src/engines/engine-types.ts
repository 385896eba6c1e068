import type { OptionNames } from '../errors/check-options.ts';
import type { OnnxRuntimeOptions } from './onnxruntime/load-runtime.ts';

/** The engines that a pipeline can run on. */
export type EngineName = 'onnxruntime' | TfjsBackend;

/** The engines that are backends of tfjs. */
export type TfjsBackend = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** The engine that runs, and why it was chosen. */
export interface Engine {
  readonly name: EngineName;
  /** For example `asked for`, or `the fastest that works here`, and then why faster ones do not work. */
  readonly reason: string;
}

/**
 * How an engine is set up. `executionProviders` and `runtime` are refused with any other engine than `onnxruntime` or
 * `auto`; an engine that has no use for `threads`, `stageTimes` or `wasmPaths` ignores them.
 */
export interface EngineOptions extends OnnxRuntimeOptions {
  /**
   * For `wasm` in a browser: where the page serves the files `dist/*.wasm` of `@tensorflow/tfjs-backend-wasm` from, as a
   * folder that ends in `/`, or as an object with the path of each file. Default: beside the script that loads them. Bundlers
   * usually move that script, so a bundled page has to set this.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
}

/** @internal The names of {@link EngineOptions}. */
export const ENGINE_OPTION_NAMES: OptionNames<EngineOptions> = {
  threads: true,
  executionProviders: true,
  runtime: true,
  stageTimes: true,
  wasmPaths: true,
};
