import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { engineState } from './engine-state.ts';
import { ENGINE_OPTION_NAMES, type Engine, type EngineName, type EngineOptions } from './engine-types.ts';
import { ENGINE_NAMES } from './engines.ts';
import { deviceBehind, lacksGpuSupport, loadGpuSupport } from './gpu.ts';
import { restartEngine } from './restart-engine.ts';
import { tryEngines } from './try-engines.ts';

/** Does what `useEngine` promises. Must run in turn. */
export async function chooseEngine(name: EngineName | 'auto', options: EngineOptions): Promise<Engine> {
  if (name !== 'auto' && !ENGINE_NAMES.includes(name)) {
    throw new OptionError(`engine must be one of auto, ${ENGINE_NAMES.join(', ')}, not ${describeValue(name)}`);
  }
  checkOptions('useEngine', options, ENGINE_OPTION_NAMES);
  for (const option of ['executionProviders', 'runtime'] as const) {
    if (options[option] === undefined || name === 'auto' || name === 'onnxruntime') continue;
    throw new OptionError(
      `useEngine: the option ${option} is for the engine onnxruntime, but ${name} was chosen: leave it out`,
    );
  }
  engineState.forgetLosses();
  return tryEngines({ name, options });
}

/** Does what `engineReady` promises. Must run in turn. */
export async function ensureEngine(): Promise<void> {
  const backend = tf.getBackend();
  if (!backend) {
    if (engineState.error) throw engineState.error;
    await tryEngines({ name: 'auto', options: {} });
    return;
  }
  await tf.ready();
  // A backend that was set with tf.setBackend may need this, too.
  if (lacksGpuSupport(backend)) await loadGpuSupport();
  if (deviceBehind(backend)?.isLost) await restartEngine(backend);
}
