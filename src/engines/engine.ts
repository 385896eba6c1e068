import type { Engine, EngineName, EngineOptions } from './engine-types.ts';

/**
 * Chooses the engine that pipelines of this process, or page, run on: `auto` takes the fastest that works here.
 *
 * `onnxruntime` needs the package `onnxruntime-node` (in a page the module of `onnxruntime-web`, as `runtime`). It merges
 * stages in a row into one graph, computed natively; what is no stage of sluice's own stays on tfjs, in between.
 *
 * A pipe that is subscribed to before any engine was chosen does this itself, with `auto`. Rejects with `OptionError`
 * for a name or an option that does not exist, and with `EngineError` for an engine that does not work here.
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
