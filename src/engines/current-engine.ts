import * as tf from '@tensorflow/tfjs-core';
import type { TimingMethod } from '../frames/trace.ts';
import { deviceBehind, lacksGpuSupport } from './gpu.ts';
import type { GraphEngine } from './graph-engine.ts';
import type { Engine } from './engine-types.ts';

/** What was started last. */
export interface Running {
  readonly engine: Engine;
  readonly backend: string;
  readonly graphs: GraphEngine | undefined;
}

let running: Running | undefined;

/** @internal From here on this is what runs. */
export function setRunning(started: Running): void {
  running = started;
}

/** The engine in use, if one was chosen. */
export function currentEngine(): Engine | undefined {
  return inUse()?.engine;
}

/** @internal Whether an engine runs, and can: at once, without a wait. */
export function engineIsReady(): boolean {
  const name = tf.getBackend();
  if (!name || !tf.engine().registry[name] || lacksGpuSupport(name)) return false;
  return deviceBehind(name)?.isLost !== true;
}

/** @internal What runs stages as graphs on the engine in use, if it does. */
export function graphEngine(): GraphEngine | undefined {
  return inUse()?.graphs;
}

/** Nothing where another backend was chosen by hand since. */
function inUse(): Running | undefined {
  return running && running.backend === tf.getBackend() ? running : undefined;
}

/** What wall time means on the backend in use. */
export function timingMethod(): TimingMethod {
  const backend = tf.getBackend();
  return backend === 'wasm' || backend === 'cpu' ? 'synced-wall' : 'enqueue-only';
}
