import * as tf from '@tensorflow/tfjs-core';
import type { DeviceTimes } from '../frames/trace.ts';
import type { GpuBackend } from './gpu-backend.ts';
import { WebglTimes, type TimerQueries } from './webgl-times.ts';
import { WebgpuTimes, type ProfiledBackend } from './webgpu-times.ts';

/** Returns the GPU's own timer, for the stages of one frame. Undefined if the engine in use has none. */
export function deviceTimes(): DeviceTimes | undefined {
  const backend: unknown = tf.backend();
  const name = tf.getBackend();
  if (name === 'webgl') return webglTimes(backend as GpuBackend);
  if (name !== 'webgpu' || !(backend as ProfiledBackend).supportTimestampQuery) return undefined;
  return new WebgpuTimes(backend as ProfiledBackend);
}

function webglTimes({ gpgpu }: GpuBackend): DeviceTimes | undefined {
  if (!gpgpu || !(tf.env().getNumber('WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE') > 0)) return undefined;
  const timer = gpgpu.gl.getExtension('EXT_disjoint_timer_query_webgl2') as TimerQueries | null;
  return timer ? new WebglTimes(gpgpu.gl, timer) : undefined;
}
