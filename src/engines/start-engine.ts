import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { EngineError, messageOf, OptionError } from '../errors/errors.ts';
import { now } from '../frames/clock.ts';
import { currentEngine, setRunning } from './current-engine.ts';
import type { Device } from './device.ts';
import { discard } from './discard.ts';
import { deviceBehind, lacksGpuSupport, loadGpuSupport } from './gpu.ts';
import type { GraphEngine } from './graph-engine.ts';
import { loadWasm, startWasm, wasmThreads } from './load-wasm.ts';
import { withoutListeners } from './tfjs-patches/without-listeners.ts';
import { ENGINE_NAMES, type Backend, type Engine, type EngineName, type EngineOptions } from './engine-types.ts';

/** How each engine is loaded: only when it is used. */
const LOADERS: Record<Backend, (options: EngineOptions) => Promise<unknown>> = {
  webgpu: () => Promise.all([import('@tensorflow/tfjs-backend-webgpu'), loadGpuSupport()]),
  webgl: () => Promise.all([import('@tensorflow/tfjs-backend-webgl'), loadGpuSupport()]),
  wasm: loadWasm,
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

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

/** @internal What `useEngine` does. */
export async function chooseEngine(name: EngineName | 'auto', options: EngineOptions): Promise<Engine> {
  if (name !== 'auto' && !ORDER.includes(name)) {
    throw new OptionError(`engine must be one of auto, ${ORDER.join(', ')}, not ${describeValue(name)}`);
  }
  checkOptions('useEngine', options, ENGINE_NAMES);
  for (const option of ['executionProviders', 'runtime'] as const) {
    if (options[option] === undefined || name === 'auto' || name === 'onnxruntime') continue;
    throw new OptionError(
      `useEngine: the option ${option} is for the engine onnxruntime, but ${name} was chosen: leave it out`,
    );
  }
  return inTurn(() => {
    // An engine that is chosen again starts without its earlier losses.
    losses = [];
    return start(name, options);
  });
}

/** @internal What `engineReady` does. */
export async function ensureEngine(): Promise<void> {
  await inTurn(async () => {
    if (!tf.getBackend() && broken) throw broken;
    if (!tf.getBackend()) return start('auto', {});
    await tf.ready();
    // One that was chosen by hand.
    if (lacksGpuSupport(tf.getBackend())) await loadGpuSupport();
    const device = deviceBehind(tf.getBackend());
    return device?.isLost ? rebuild(device) : undefined;
  });
}

let last: Promise<unknown> = Promise.resolve();

/** One start after the other: two at once would make tfjs refuse the first, and the fallback take its place. */
function inTurn<T>(choose: () => Promise<T>): Promise<T> {
  const turn = last.then(choose);
  last = turn.catch(() => undefined);
  return turn;
}

async function start(
  name: EngineName | 'auto',
  options: EngineOptions,
  given: { readonly name: EngineName; readonly why: string } | undefined = undefined,
): Promise<Engine> {
  const refused: string[] = given ? [`${given.name} does not: ${given.why}`] : [];
  for (const candidate of name === 'auto' ? AUTOMATIC : [name]) {
    if (candidate === given?.name) continue;
    const needs = NEEDS[candidate];
    if (needs && !needs.here()) {
      if (name !== 'auto') throw new EngineError(`engine ${candidate} does not work here: there is no ${needs.what}`);
      continue;
    }
    try {
      const graphs =
        candidate === 'onnxruntime' ? await withOnnxRuntime(options) : await withBackend(candidate, options);
      const why = name === 'auto' ? ['the fastest that works here', ...refused].join('; ') : 'asked for';
      const threads = candidate === 'wasm' ? await wasmThreads() : 1;
      const reason = threads > 1 ? `${why}; on ${threads} threads` : why;
      choice = { name, options };
      broken = undefined;
      return runs({ name: candidate, reason }, graphs);
    } catch (cause) {
      if (cause instanceof OptionError) throw cause;
      if (name !== 'auto') {
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
  if (deviceBehind(name)?.isLost) discard(name);
  const begin = name === 'wasm' ? startWasm : () => tf.setBackend(name);
  if (!(await withoutListeners(begin))) throw new Error('its backend did not start');
  // The cpu backend would advise, on its first use in Node, to install another one.
  if (name === 'cpu') Object.assign(tf.backend(), { firstUse: false });
  // From here on its device is watched, if it has one.
  deviceBehind(name);
}

/** ONNX Runtime, and beside it tfjs for what can't be part of a graph: on wasm, or on cpu where there is no wasm. */
async function withOnnxRuntime(options: EngineOptions): Promise<GraphEngine> {
  const { startOnnxRuntime } = await import('./onnxruntime/onnxruntime-engine.ts');
  const graphs = await startOnnxRuntime(options);
  await withBackend('wasm', options).catch(() => withBackend('cpu', options));
  return graphs;
}

/** A GPU that is lost again and again is left alone. */
const MOST_LOSSES = 3;
const A_MINUTE = 60_000;
/** A driver that starts anew takes its time: ms. */
const PAUSES = [0, 250, 1000];
let losses: readonly { readonly engine: string; readonly at: number }[] = [];

/** The same engine on a new device; where that is not to be, the next one, unless this very one was asked for. */
async function rebuild({ engine: name }: Device): Promise<Engine> {
  const before = currentEngine();
  const at = now();
  losses = [...losses.filter((loss) => at - loss.at < A_MINUTE), { engine: name, at }];
  const recent = losses.filter(({ engine }) => engine === name).length;
  discard(name);
  let why = `its GPU was lost ${recent} times within a minute`;
  for (const pause of recent < MOST_LOSSES ? PAUSES : []) {
    await new Promise((next) => setTimeout(next, pause));
    try {
      if (!(await tf.setBackend(name))) throw new Error('its backend did not start again');
      if (deviceBehind(name)?.isLost) throw new Error('its GPU was lost again at once');
      const reason = `${before?.reason.replace(REBUILT, '') ?? 'chosen by hand'}${REBUILT}`;
      return runs({ name: name as EngineName, reason });
    } catch (cause) {
      why = `its GPU was lost: ${messageOf(cause)}`;
      discard(name);
    }
  }
  if (before && choice?.name === 'auto') return start('auto', choice.options, { name: before.name, why });
  throw (broken = new EngineError(
    `engine ${name} does not work here any more: ${why}. Choose another with useEngine.`,
  ));
}

const REBUILT = '; built anew after its GPU was lost';

/** Why the engine that was asked for can't go on: until another is chosen there is none. */
let broken: EngineError | undefined;
/** What was asked for when it was chosen. */
let choice: { readonly name: EngineName | 'auto'; readonly options: EngineOptions } | undefined;

/** The backend that runs by now is this engine's. */
function runs(engine: Engine, graphs?: GraphEngine): Engine {
  setRunning({ engine, backend: tf.getBackend(), graphs });
  return engine;
}
