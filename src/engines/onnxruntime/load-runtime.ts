import { count } from '../../stage/arguments.ts';
import { EngineError, OptionError } from '../../errors/errors.ts';
import { describeValue } from '../../errors/describe-value.ts';
import type { OnnxRuntime, SessionSettings } from './runtime.ts';

/** How the engine `onnxruntime` is set up. */
export interface OnnxRuntimeOptions {
  /**
   * How many threads a frame is computed on: `onnxruntime`, and `wasm` in a page that is cross-origin isolated. Default: as
   * many as there are cores; on `wasm` half as many, four at most, and never more than that.
   */
  readonly threads?: number;
  /** What computes, first choice first, by ONNX Runtime's names, each with its options if need be. Default `['cpu']`. */
  readonly executionProviders?: readonly (string | { readonly name: string; readonly [option: string]: unknown })[];
  /**
   * The module to use. In Node `onnxruntime-node` is loaded if it is installed; a page gives the module it has loaded:
   * `import * as runtime from 'onnxruntime-web'`.
   */
  readonly runtime?: OnnxRuntime;
  /**
   * How it is told what each stage of a merged run takes. `apart` (default): on sampled frames each stage runs by itself as
   * well, which holds the weights a second time. `profile`: by ONNX Runtime's own profile of the first frames, once, which
   * costs next to nothing (`device-query` in the trace of one frame); only with `onnxruntime-node`.
   */
  readonly stageTimes?: 'apart' | 'profile';
}

/** The module's name, hidden from bundlers: no page wants it. */
const NODE_PACKAGE = 'onnxruntime-node';

/** Finds the runtime, and checks how it is to be used. */
export async function loadRuntime(options: OnnxRuntimeOptions): Promise<SessionSettings> {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  const { executionProviders = [options.runtime && !inNode ? 'wasm' : 'cpu'] } = options;
  if (!Array.isArray(executionProviders) || executionProviders.length === 0) {
    throw new OptionError(
      `useEngine: executionProviders must be a list of names, not ${describeValue(executionProviders)}`,
    );
  }
  const given: Partial<OnnxRuntime> | undefined = options.runtime;
  if (given !== undefined && typeof given?.InferenceSession?.create !== 'function') {
    throw new OptionError(
      `useEngine: runtime must be the module of onnxruntime-web or onnxruntime-node, not ${describeValue(given)}`,
    );
  }
  const { stageTimes = 'apart' } = options;
  if (!['apart', 'profile'].includes(stageTimes)) {
    throw new OptionError(`useEngine: stageTimes must be 'apart' or 'profile', not ${describeValue(stageTimes)}`);
  }
  const profiles = stageTimes === 'profile';
  if (profiles && (!inNode || options.runtime)) {
    throw new OptionError("useEngine: stageTimes: 'profile' is for onnxruntime-node in Node; leave it or runtime out");
  }
  const threads = count(
    'useEngine',
    'threads',
    options.threads ?? (inNode ? process.getBuiltinModule('node:os').availableParallelism() : 1),
  );
  const runtime = options.runtime ?? (inNode ? await fromPackage() : undefined);
  if (!runtime) {
    throw new EngineError(
      "a page gives the module itself: import * as runtime from 'onnxruntime-web' (npm install onnxruntime-web), then " +
        "useEngine('onnxruntime', { runtime })",
    );
  }
  if (!inNode && options.threads !== undefined && runtime.env?.wasm) runtime.env.wasm.numThreads = threads;
  // Others may know no bytes.
  const [first] = executionProviders;
  const takesPixels = (typeof first === 'string' ? first : first?.name) === 'cpu';
  return { runtime, threads, executionProviders, profiles, takesPixels };
}

async function fromPackage(): Promise<OnnxRuntime> {
  // Read once, when the library is loaded: it would tell its makers what runs here, and keep a number of this machine.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  let module: OnnxRuntime | { readonly default: OnnxRuntime };
  try {
    module = await import(/* @vite-ignore */ /* webpackIgnore: true */ NODE_PACKAGE);
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!missing) throw cause;
    throw new EngineError(`the package ${NODE_PACKAGE} is not installed: npm install ${NODE_PACKAGE}`, { cause });
  }
  return 'default' in module ? module.default : module;
}
