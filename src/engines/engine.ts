import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../describe-value.ts';
import { EngineError, messageOf, OptionError } from '../errors.ts';
import type { GraphEngine } from './graph-engine.ts';
import type { OnnxRuntimeOptions } from './onnxruntime/load-runtime.ts';
import type { TimingMethod } from '../timing/passport.ts';

/** The engines a pipeline runs on. */
export type EngineName = 'onnxruntime' | Backend;

/** Those that are backends of tfjs. */
type Backend = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** What runs, and why it was chosen. */
export interface Engine {
  readonly name: EngineName;
  readonly reason: string;
}

/** How an engine is set up; `threads`, `executionProviders` and `runtime` are for `onnxruntime`. */
export interface EngineOptions extends OnnxRuntimeOptions {
  /**
   * In browsers: where the files of `@tensorflow/tfjs-backend-wasm` (`dist/*.wasm`) are served from, as a folder that ends
   * in `/`, or each by its name. Default: beside the script that loads them, which bundlers seldom leave there.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
}

/** How each engine is loaded: only when it is used. */
const LOADERS: Record<Backend, (options: EngineOptions) => Promise<unknown>> = {
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  wasm: loadWasm,
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

async function loadWasm({ wasmPaths }: EngineOptions): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // Once it runs it has its files, and would refuse others.
  if (wasmPaths === undefined || tf.engine().registry['wasm']) return;
  if (typeof wasmPaths === 'string') setWasmPaths(wasmPaths);
  else setWasmPaths({ ...wasmPaths });
}

const IN_NODE = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** Fastest first. */
const BACKENDS = Object.keys(LOADERS) as Backend[];
const ORDER: readonly EngineName[] = ['onnxruntime', ...BACKENDS];
/** What `auto` tries: a page gets ONNX Runtime only where it is asked for. */
const AUTOMATIC = IN_NODE ? ORDER : BACKENDS;

/** What an engine can't do without; `auto` does not even load one that lacks it. */
const NEEDS: Partial<Record<EngineName, { readonly what: string; readonly here: () => boolean }>> = {
  webgpu: { what: 'WebGPU', here: () => typeof navigator !== 'undefined' && 'gpu' in navigator },
  webgl: { what: 'canvas', here: () => typeof OffscreenCanvas !== 'undefined' || typeof document !== 'undefined' },
};

/**
 * Chooses the engine that pipelines of this process, or page, run on: `auto` takes the fastest that works here.
 *
 * `onnxruntime` needs the package `onnxruntime-node` (in a page the module of `onnxruntime-web`, as `runtime`). It merges
 * stages in a row into one graph, computed natively; what is no stage of sluice's own stays on tfjs, in between.
 *
 * A pipe that is subscribed to before any engine was chosen does this itself, with `auto`. Throws `OptionError` for a
 * name that does not exist and `EngineError` for one that does not work here.
 *
 * @example
 * const engine = await useEngine('auto');
 * console.log(engine.name, engine.reason);
 */
export async function useEngine(name: EngineName | 'auto' = 'auto', options: EngineOptions = {}): Promise<Engine> {
  if (name !== 'auto' && !ORDER.includes(name)) {
    throw new OptionError(`engine must be one of auto, ${ORDER.join(', ')}, not ${describeValue(name)}`);
  }
  return inTurn(() => start(name, options));
}

/** @internal Sees to it that some engine runs: the one that was chosen by now, else the fastest. */
export async function ensureEngine(): Promise<void> {
  await inTurn(async () => (tf.getBackend() ? undefined : start('auto', {})));
}

let last: Promise<unknown> = Promise.resolve();

/** One start after the other: two at once would make tfjs refuse the first, and the fallback take its place. */
function inTurn<T>(choose: () => Promise<T>): Promise<T> {
  const turn = last.then(choose);
  last = turn.catch(() => undefined);
  return turn;
}

async function start(name: EngineName | 'auto', options: EngineOptions): Promise<Engine> {
  const refused: string[] = [];
  for (const candidate of name === 'auto' ? AUTOMATIC : [name]) {
    const needs = NEEDS[candidate];
    if (needs && !needs.here()) {
      if (name !== 'auto') throw new EngineError(`engine ${candidate} does not work here: there is no ${needs.what}`);
      continue;
    }
    try {
      const graphs =
        candidate === 'onnxruntime' ? await withOnnxRuntime(options) : await withBackend(candidate, options);
      const why = name === 'auto' ? ['the fastest that works here', ...refused].join('; ') : 'asked for';
      running = { backend: tf.getBackend(), graphs };
      return (current = { name: candidate, reason: why });
    } catch (cause) {
      if (name !== 'auto') {
        if (cause instanceof OptionError) throw cause;
        throw new EngineError(`engine ${candidate} does not work here: ${messageOf(cause)}`, { cause });
      }
      refused.push(`${candidate} does not: ${messageOf(cause)}`);
    }
  }
  throw new EngineError(`no engine works here: ${refused.join('; ')}`);
}

/** One of tfjs's. */
async function withBackend(name: Backend, options: EngineOptions): Promise<undefined> {
  await LOADERS[name](options);
  if (!(await withoutListeners(() => tf.setBackend(name)))) throw new Error('its backend did not start');
  // The cpu backend would advise, on its first use in Node, to install another one.
  if (name === 'cpu') Object.assign(tf.backend(), { firstUse: false });
}

/** ONNX Runtime, and beside it tfjs for what can't be part of a graph: on wasm, or on cpu where there is no wasm. */
async function withOnnxRuntime(options: EngineOptions): Promise<GraphEngine> {
  const { startOnnxRuntime } = await import('./onnxruntime/onnxruntime-engine.ts');
  const graphs = await startOnnxRuntime(options);
  await withBackend('wasm', options).catch(() => withBackend('cpu', options));
  return graphs;
}

/**
 * The wasm backend's loader leaves process listeners behind that rethrow every uncaught error from inside its minified
 * file, so that Node prints that file instead of the error; they go again. Those of others that came meanwhile stay:
 * the loader's do nothing but throw.
 */
async function withoutListeners<T>(begin: () => Promise<T>): Promise<T> {
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return begin();
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'exit')));
  try {
    return await begin();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'exit')) {
        if (!before[i]?.has(listener) && RETHROWS.test(String(listener))) process.removeListener(event, listener);
      }
    });
  }
}

const RETHROWS =
  /^function ?\(\w+\) ?\{\s*(if ?\(!\(\w+ instanceof ExitStatus\)\) ?\{\s*throw \w+;?\s*\}|throw \w+;?)\s*\}$/;

let current: Engine | undefined;
let running: { readonly backend: string; readonly graphs: GraphEngine | undefined } | undefined;

/** The engine in use, if one was chosen. */
export function currentEngine(): Engine | undefined {
  return running?.backend === tf.getBackend() ? current : undefined;
}

/** @internal What runs stages as graphs on the engine in use, if it does. */
export function graphEngine(): GraphEngine | undefined {
  return running?.backend === tf.getBackend() ? running.graphs : undefined;
}

/** What wall time means on the backend in use. */
export function timingMethod(): TimingMethod {
  const backend = tf.getBackend();
  return backend === 'wasm' || backend === 'cpu' ? 'synced-wall' : 'enqueue-only';
}
