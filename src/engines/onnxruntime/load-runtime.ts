import { describeValue } from '../../errors/describe-value.ts';
import { EngineError, OptionError } from '../../errors/errors.ts';
import { count } from '../../stage/arguments.ts';
import { IN_NODE } from '../in-node.ts';
import { machineLimits } from '../machine-limits.ts';
import type { OnnxRuntime, SessionSettings, StageTimesMode } from './runtime.ts';
import { codeOf } from '../../errors/code-of.ts';

/** Options of the engine `onnxruntime`. */
export interface OnnxRuntimeOptions {
  /**
   * How many threads compute a frame, on `onnxruntime`, and on `wasm` in a page that is cross-origin isolated. Default: on
   * `onnxruntime` in Node as many as there are cores, within the quota of a container, and 1 in a page; on `wasm` half as
   * many as there are cores, at most 4.
   */
  readonly threads?: number;
  /**
   * ONNX Runtime's execution providers, by name, or as objects with a name and options. It uses the first that supports an
   * operation. Default: `['cpu']`, and in a page `['wasm']`.
   */
  readonly executionProviders?: readonly (string | { readonly name: string; readonly [option: string]: unknown })[];
  /**
   * The module of ONNX Runtime to use. In Node the default is the installed package `onnxruntime-node`. A page has to load
   * the module itself: `import * as runtime from 'onnxruntime-web'`.
   */
  readonly runtime?: OnnxRuntime;
  /**
   * How the stages of a merged graph are timed. With `profile`, ONNX Runtime writes a profile of the first frames, which
   * costs almost nothing: the trace of one frame then has the times of all stages, with the method `device-query`. With `apart`,
   * the stages also run one by one on sampled frames; this holds the weights in memory a second time. Default: `profile` with the
   * installed package `onnxruntime-node`, and `apart` elsewhere, where `profile` does not work.
   */
  readonly stageTimes?: StageTimesMode;
}

/** The package's name as a constant, so that bundlers do not put the package into pages. */
const NODE_PACKAGE = 'onnxruntime-node';

/** Checks the options, which `called` takes, and loads the runtime. Throws `OptionError` for a wrong option, `EngineError` without a runtime. */
export async function loadRuntime(options: OnnxRuntimeOptions, called = 'useEngine'): Promise<SessionSettings> {
  const executionProviders = providersOf(called, options);
  checkRuntime(called, options.runtime);
  const stageTimes = stageTimesOf(options);
  const threads = count(called, 'threads', options.threads ?? defaultThreads());
  const runtime = options.runtime ?? (IN_NODE ? await importPackage() : undefined);
  if (!runtime) {
    throw new EngineError(
      'in a browser the module of onnxruntime-web must be given (npm install onnxruntime-web): ' +
        "import * as runtime from 'onnxruntime-web', then useEngine('onnxruntime', { runtime }), or " +
        'runtimeOptions: { runtime } for an ONNX model',
    );
  }
  if (!IN_NODE && options.threads !== undefined && runtime.env?.wasm) runtime.env.wasm.numThreads = threads;
  // Other execution providers may not support graphs that take bytes.
  const [first] = executionProviders;
  const takesPixels = (typeof first === 'string' ? first : first?.name) === 'cpu';
  return { runtime, threads, executionProviders, stageTimes, takesPixels };
}

type Providers = NonNullable<OnnxRuntimeOptions['executionProviders']>;

function providersOf(called: string, { executionProviders, runtime }: OnnxRuntimeOptions): Providers {
  const providers = executionProviders ?? [runtime && !IN_NODE ? 'wasm' : 'cpu'];
  if (Array.isArray(providers) && providers.length > 0) return providers;
  throw new OptionError(`${called}: executionProviders must be a list of names, not ${describeValue(providers)}`);
}

function checkRuntime(called: string, runtime: Partial<OnnxRuntime> | undefined): void {
  if (runtime === undefined || typeof runtime?.InferenceSession?.create === 'function') return;
  throw new OptionError(
    `${called}: runtime must be the module of onnxruntime-web or onnxruntime-node, not ${describeValue(runtime)}`,
  );
}

function stageTimesOf({ stageTimes: wanted, runtime }: OnnxRuntimeOptions): StageTimesMode {
  const stageTimes = wanted ?? (IN_NODE && !runtime ? 'profile' : 'apart');
  if (!['apart', 'profile'].includes(stageTimes)) {
    throw new OptionError(`useEngine: stageTimes must be 'apart' or 'profile', not ${describeValue(stageTimes)}`);
  }
  if (stageTimes === 'profile' && (!IN_NODE || runtime)) {
    throw new OptionError(
      "useEngine: stageTimes 'profile' works only in Node and with the installed package onnxruntime-node. " +
        'Remove stageTimes or runtime.',
    );
  }
  return stageTimes;
}

function defaultThreads(): number {
  return IN_NODE ? machineLimits().cores : 1;
}

async function importPackage(): Promise<OnnxRuntime> {
  // onnxruntime-node sends telemetry by default, and stores an identifier of the machine. It reads this when it is loaded.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  let module: OnnxRuntime | { readonly default: OnnxRuntime };
  try {
    module = await import(/* @vite-ignore */ /* webpackIgnore: true */ NODE_PACKAGE);
  } catch (cause) {
    // Jest reports it as MODULE_NOT_FOUND.
    if (!String(codeOf(cause)).endsWith('MODULE_NOT_FOUND')) throw cause;
    throw new EngineError(`the package ${NODE_PACKAGE} is not installed: npm install ${NODE_PACKAGE}`, { cause });
  }
  return 'default' in module ? module.default : module;
}
