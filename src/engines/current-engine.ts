import * as tf from '@tensorflow/tfjs-core';
import type { TimingMethod } from '../frames/trace.ts';
import { engineState, type StartedEngine } from './engine-state.ts';
import type { Engine } from './engine-types.ts';
import { deviceBehind, lacksGpuSupport } from './gpu.ts';
import type { GraphEngine } from './graph-engine.ts';

/**
 * Returns the engine that pipelines run on. Undefined before one was chosen, after its GPU was lost for good, and while a
 * backend runs that was set with `tf.setBackend`.
 *
 * @see useEngine
 *
 * @example
 * import { useEngine } from 'sluice';
 *
 * await useEngine('wasm');
 * console.log(currentEngine()?.name); // wasm
 */
export function currentEngine(): Engine | undefined {
  return inUse()?.engine;
}

/** @internal Whether an engine is started and works, so that a pipe does not have to wait for one. */
export function engineIsReady(): boolean {
  const name = tf.getBackend();
  if (!name || !tf.engine().registry[name] || lacksGpuSupport(name)) return false;
  return deviceBehind(name)?.isLost !== true;
}

/** @internal Returns what runs stages as graphs, if the engine in use merges stages. */
export function graphEngine(): GraphEngine | undefined {
  return inUse()?.graphs;
}

/** Returns undefined if somebody else has set another backend since. */
function inUse(): StartedEngine | undefined {
  const { current } = engineState;
  return current && current.backend === tf.getBackend() ? current : undefined;
}

/** Returns what wall time measures on the backend in use. */
export function timingMethod(): TimingMethod {
  const backend = tf.getBackend();
  return backend === 'wasm' || backend === 'cpu' ? 'synced-wall' : 'enqueue-only';
}
