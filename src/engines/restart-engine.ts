import * as tf from '@tensorflow/tfjs-core';
import { EngineError, messageOf } from '../errors/errors.ts';
import { now } from '../frames/clock.ts';
import { currentEngine } from './current-engine.ts';
import { engineState } from './engine-state.ts';
import type { Engine, EngineName } from './engine-types.ts';
import { deviceBehind } from './gpu.ts';
import { resetBackend } from './reset-backend.ts';
import { tryEngines } from './try-engines.ts';

/** An engine whose GPU is lost this often within a minute is not restarted. */
const MOST_LOSSES = 3;
/** Waits before each attempt to restart, in ms. A graphics driver that restarts needs some time. */
const PAUSES = [0, 250, 1000];
const RESTARTED = '; restarted after its GPU was lost';

/**
 * Restarts a backend whose GPU was lost. If that fails, starts the next engine that works if the engine was chosen by `auto`;
 * an engine that was asked for by name is not replaced, and `EngineError` is thrown.
 */
export async function restartEngine(backend: string): Promise<Engine> {
  const before = currentEngine();
  const count = engineState.lost(backend, now());
  resetBackend(backend);
  let why = `its GPU was lost ${count} times within a minute`;
  for (const pause of count < MOST_LOSSES ? PAUSES : []) {
    await new Promise((next) => setTimeout(next, pause));
    try {
      await setBackendAgain(backend);
      const reason = `${before?.reason.replace(RESTARTED, '') ?? 'set with tf.setBackend'}${RESTARTED}`;
      const engine = { name: backend as EngineName, reason };
      engineState.restarted({ engine, backend });
      return engine;
    } catch (error) {
      why = `its GPU was lost: ${messageOf(error)}`;
      resetBackend(backend);
    }
  }
  const { request } = engineState;
  if (before && request?.name === 'auto')
    return tryEngines(request, [{ name: before.name, why: `does not work: ${why}` }]);
  const error = new EngineError(`engine ${backend} no longer works: ${why}. Choose another with useEngine.`);
  engineState.broke(error);
  throw error;
}

async function setBackendAgain(backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error('its backend did not start again');
  if (deviceBehind(backend)?.isLost) throw new Error('its GPU was lost again at once');
}
