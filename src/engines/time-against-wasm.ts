import * as tf from '@tensorflow/tfjs-core';
import { messageOf, OptionError } from '../errors/errors.ts';
import { now } from '../frames/clock.ts';
import type { EngineOptions, TfjsBackend } from './engine-types.ts';
import type { GpuEngine } from './gpu-name.ts';
import { resetBackend } from './reset-backend.ts';
import { startBackend } from './start-backend.ts';
import { timeConvolution } from './time-convolution.ts';

/** Whether `auto` takes an engine on a GPU, and why, or why not, if that is worth telling. */
export interface Verdict {
  readonly takes: boolean;
  readonly why?: string;
}

/** What all timings of a page or process may take together, in ms. An engine gets half of what is left. */
let left = 300;

/** The times of a convolution, in ms. Infinity if it was not done in time. */
const times = new Map<TfjsBackend, number>();

/** Times a convolution on both engines, once per page or process. An engine that ran for this alone is removed if it loses. */
export async function timeAgainstWasm(engine: GpuEngine, options: EngineOptions): Promise<Verdict> {
  let wasm: number;
  try {
    wasm = await timeOf('wasm', options);
  } catch (error) {
    if (error instanceof OptionError) throw error;
    return { takes: true, why: `wasm does not work: ${messageOf(error)}` };
  }
  // The GPU is still busy, and starting another engine on it would wait for that.
  if (engine === 'webgl' && times.get('webgpu') === Infinity) {
    return { takes: false, why: 'is left out: webgpu was too slow on the same GPU' };
  }
  const ranBefore = engine in tf.engine().registry;
  const gpu = await timeOf(engine, options);
  const takes = gpu < wasm;
  if (!takes && !ranBefore) resetBackend(engine);
  const both = `a convolution took ${inWords(gpu)}, and ${inWords(wasm)} on wasm`;
  return { takes, why: takes ? both : `is left out: ${both}` };
}

async function timeOf(engine: TfjsBackend, options: EngineOptions): Promise<number> {
  const known = times.get(engine);
  if (known !== undefined) return known;
  await startBackend(engine, options);
  const from = now();
  const ms = await timeConvolution(left / 2);
  left = Math.max(0, left - (now() - from));
  times.set(engine, ms);
  return ms;
}

function inWords(ms: number): string {
  return ms === Infinity ? 'too long' : `${ms.toFixed(1)} ms`;
}
