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

/** How an engine is set up; `executionProviders` and `runtime` are for `onnxruntime`. */
export interface EngineOptions extends OnnxRuntimeOptions {
  /**
   * In browsers: where the files of `@tensorflow/tfjs-backend-wasm` (`dist/*.wasm`) are served from, as a folder that ends
   * in `/`, or each by its name. Default: beside the script that loads them, which bundlers seldom leave there.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
}

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
  return (await starting()).chooseEngine(name, options);
}

/**
 * @internal Sees to it that some engine runs: the one that was chosen by now, else the fastest. One whose GPU was lost is
 * built anew, or gives way to the next; rejects with `EngineError` where neither is to be.
 */
export async function engineReady(): Promise<void> {
  await (await starting()).ensureEngine();
}

const load = () => import('./start-engine.ts');
let loading: ReturnType<typeof load> | undefined;

/**
 * Choosing and starting engines is needed once, or again after a loss: no page has to wait for it before that. One promise
 * for all, so that who asks first is served first: two imports of a module that is on its way may come in any order.
 */
function starting(): ReturnType<typeof load> {
  loading ??= load().catch((error: unknown) => {
    // A page's network may be back the next time.
    loading = undefined;
    throw error;
  });
  return loading;
}
