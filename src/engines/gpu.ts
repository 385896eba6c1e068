import type { FrameLabel } from '../errors/frame-label.ts';
import type { EngineError } from '../errors/errors.ts';
import type { DeviceTimes } from '../frames/trace.ts';
import type { Device } from './device.ts';
import type * as GpuSupport from './gpu-support.ts';

/** Loaded with the first engine that runs on a GPU. Undefined until then: no GPU can have been lost, or have times. */
let support: typeof GpuSupport | undefined;

/** @internal Whether an engine cannot run before {@link loadGpuSupport} is done. */
export function lacksGpuSupport(engine: string): boolean {
  return (engine === 'webgl' || engine === 'webgpu') && support === undefined;
}

/** @internal Loads what engines on a GPU need. */
export async function loadGpuSupport(): Promise<void> {
  if (support) return;
  support = await import('./gpu-support.ts');
  support.pollSoon();
}

/** @internal Returns the GPU of a backend that runs. Undefined for a backend that computes on the processor. */
export function deviceBehind(engine: string): Device | undefined {
  return support?.deviceBehind(engine);
}

/** @internal Returns the error of a frame whose numbers were only on a GPU that was lost. Undefined for all other frames. */
export function lossOf(frame: { readonly data: unknown; readonly label: FrameLabel }): EngineError | undefined {
  return support?.lossOf(frame);
}

/** @internal Reads something of a frame back from the device. Rejects if it is on a GPU that is lost meanwhile. */
export function unlessLost<T>(data: unknown, label: FrameLabel, read: () => Promise<T>): Promise<T> {
  return support ? support.unlessLost(data, label, read) : read();
}

/** @internal Returns the GPU's own timer, for the stages of one frame. Undefined if the engine in use has none. */
export function deviceTimes(): DeviceTimes | undefined {
  return support?.deviceTimes();
}
