import type { EngineOptions } from './engine-types.ts';
import { isHardware, softwareOf } from './gpu-kind.ts';
import { gpuName, type GpuEngine } from './gpu-name.ts';
import { timeAgainstWasm, type Verdict } from './time-against-wasm.ts';

/**
 * Judges whether an engine on a GPU is likely to be faster than `wasm`. A GPU is known by its name; one that is not known is
 * timed against `wasm`. Throws if the engine does not start.
 */
export async function judgeGpu(engine: GpuEngine, options: EngineOptions): Promise<Verdict> {
  const gpu = await gpuName(engine);
  if (!gpu) return { takes: false, why: 'does not work: the browser has no GPU for it' };
  if (isHardware(gpu)) return { takes: true };
  const software = softwareOf(gpu);
  if (software) return { takes: false, why: `is left out: its GPU is software (${software})` };
  // Firefox tells the name only to WebGL, and both have the same GPU.
  const other = engine === 'webgpu' && gpu.name === '' ? await gpuName('webgl') : undefined;
  if (other && isHardware(other)) return { takes: true };
  return timeAgainstWasm(engine, options);
}
