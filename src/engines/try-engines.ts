import * as tf from '@tensorflow/tfjs-core';
import { EngineError, messageOf, OptionError } from '../errors/errors.ts';
import { engineState, type EngineRequest } from './engine-state.ts';
import type { Engine, EngineName } from './engine-types.ts';
import { AUTOMATIC, missingFor } from './engines.ts';
import { judgeGpu } from './judge-gpu.ts';
import { describeThreads } from './load-wasm.ts';
import type { Verdict } from './time-against-wasm.ts';
import { startBackend, startOnnxRuntimeWithTfjs } from './start-backend.ts';

/** An engine that `auto` does not take, and why: `does not work: …` or `is left out: …`. */
interface LeftOut {
  readonly name: EngineName;
  readonly why: string;
}

/** Starts the engine that was asked for, or with `auto` the fastest that works, without those that are known not to. */
export async function tryEngines(request: EngineRequest, known: readonly LeftOut[] = []): Promise<Engine> {
  const { name: asked, options } = request;
  if (asked !== 'auto') return startNamed(asked, request);
  const leftOut = [...known];
  for (const name of AUTOMATIC) {
    if (missingFor(name) !== undefined || leftOut.some((engine) => engine.name === name)) continue;
    try {
      const { takes, why = '' } = name === 'webgpu' || name === 'webgl' ? await judgeGpu(name, options) : TAKEN;
      if (!takes) {
        leftOut.push({ name, why });
        continue;
      }
      const reasons = ['the fastest that works here', why, ...leftOut.map(describe)];
      return await start(name, reasons.filter((reason) => reason !== '').join('; '), request);
    } catch (error) {
      if (error instanceof OptionError) throw error;
      leftOut.push({ name, why: `does not work: ${messageOf(error)}` });
    }
  }
  throw new EngineError(`no engine works here: ${leftOut.map(describe).join('; ')}`);
}

/** What computes on the processor needs no judgement. */
const TAKEN: Verdict = { takes: true };

async function startNamed(name: EngineName, request: EngineRequest): Promise<Engine> {
  const missing = missingFor(name);
  if (missing !== undefined) throw new EngineError(`engine ${name} does not work here: there is no ${missing}`);
  try {
    return await start(name, 'asked for', request);
  } catch (cause) {
    if (cause instanceof OptionError) throw cause;
    throw new EngineError(`engine ${name} does not work here: ${messageOf(cause)}`, { cause });
  }
}

async function start(name: EngineName, why: string, request: EngineRequest): Promise<Engine> {
  const { options } = request;
  const graphs = name === 'onnxruntime' ? await startOnnxRuntimeWithTfjs(options) : await startBackend(name, options);
  const note = name === 'wasm' ? await describeThreads() : graphs?.note;
  const engine = { name, reason: note === undefined ? why : `${why}; ${note}` };
  engineState.started({ engine, backend: tf.getBackend(), graphs }, request);
  return engine;
}

function describe({ name, why }: LeftOut): string {
  return `${name} ${why}`;
}
