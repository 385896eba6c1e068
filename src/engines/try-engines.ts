import * as tf from '@tensorflow/tfjs-core';
import { EngineError, messageOf, OptionError } from '../errors/errors.ts';
import { engineState, type EngineRequest } from './engine-state.ts';
import type { Engine, EngineName } from './engine-types.ts';
import { AUTOMATIC, missingFor } from './engines.ts';
import { describeThreads } from './load-wasm.ts';
import { startBackend, startOnnxRuntimeWithTfjs } from './start-backend.ts';

/** An engine that is known not to work. */
interface Failed {
  readonly name: EngineName;
  readonly why: string;
}

/** Starts the engine that was asked for, or with `auto` the first that works, without those that are known not to. */
export async function tryEngines(request: EngineRequest, knownFailures: readonly Failed[] = []): Promise<Engine> {
  if (request.name !== 'auto') return startNamed(request.name, request);
  const failures = [...knownFailures];
  for (const name of AUTOMATIC) {
    if (missingFor(name) !== undefined || failures.some((failure) => failure.name === name)) continue;
    try {
      const reason = ['the fastest that works here', ...failures.map(describeFailure)].join('; ');
      return await start(name, reason, request);
    } catch (error) {
      if (error instanceof OptionError) throw error;
      failures.push({ name, why: messageOf(error) });
    }
  }
  throw new EngineError(`no engine works here: ${failures.map(describeFailure).join('; ')}`);
}

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

function describeFailure({ name, why }: Failed): string {
  return `${name} does not work: ${why}`;
}
