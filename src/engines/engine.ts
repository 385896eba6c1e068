import { inTime } from './engine-code.ts';
import { engineState } from './engine-state.ts';
import type { Engine, EngineName, EngineOptions } from './engine-types.ts';
import type * as StartEngine from './start-engine.ts';

/**
 * Chooses and starts the engine that all pipelines of this process or page run on. `auto`, the default, takes the fastest
 * one that works: in Node `onnxruntime`, `wasm`, `cpu`; in a browser `webgpu`, `webgl`, `wasm`, `cpu`. It leaves out GPUs that
 * are software, which are slower than `wasm`.
 *
 * `onnxruntime` merges adjacent stages into one graph. It needs the package `onnxruntime-node`, or in a browser the module of
 * `onnxruntime-web`, given as `runtime`. Stages that it cannot run stay on tfjs.
 *
 * A pipe that is subscribed to before an engine was chosen calls this with `auto`. Throws `OptionError` for a name or an
 * option that does not exist, and `EngineError` if the engine does not work here.
 *
 * @see {@link currentEngine}, {@link warmUps}
 *
 * @example
 * const engine = await useEngine('auto');
 * console.log(engine.name, engine.reason);
 */
export async function useEngine(name: EngineName | 'auto' = 'auto', options: EngineOptions = {}): Promise<Engine> {
  return engineState.inTurn(async () => (await loadStart()).chooseEngine(name, options));
}

/**
 * @internal Resolves when an engine runs: the one that was chosen, or the fastest. Restarts an engine whose GPU was lost, or
 * replaces it. Rejects with `EngineError` if neither is possible.
 */
export async function engineReady(): Promise<void> {
  await engineState.inTurn(async () => (await loadStart()).ensureEngine());
}

/** What pipes need, and is not loaded yet. */
const loads = new Set<() => Promise<unknown>>();

/** @internal Loads something with the first engine, or before the next pipe starts: no pipe starts without it. */
export function loadWithEngine(load: () => Promise<unknown>): void {
  loads.add(load);
}

/** @internal Whether there is nothing to load for a pipe. */
export function isAllLoaded(): boolean {
  return loads.size === 0;
}

/** A page loads this when the first engine starts. Until then it needs nothing that knows how to start one. */
async function loadStart(): Promise<typeof StartEngine> {
  const now = [...loads];
  const [start] = await inTime(Promise.all([import('./start-engine.ts'), ...now.map((load) => load())]));
  for (const load of now) loads.delete(load);
  return start;
}
