import type { FrameLabel } from '../errors/frame-label.ts';
import type { EngineError } from '../errors/errors.ts';
import type { DeviceTimes } from '../frames/trace.ts';
import type { Device } from './device.ts';

/** What only engines on a GPU need: it comes with the first of them, and nobody else has to load it. */
interface GpuSupport {
  deviceBehind(engine: string): Device | undefined;
  lossOf(frame: { readonly data: unknown; readonly label: FrameLabel }): EngineError | undefined;
  unlessLost<T>(data: unknown, label: FrameLabel, read: () => Promise<T>): Promise<T>;
  deviceTimes(): DeviceTimes | undefined;
  pollSoon(): void;
}

let support: GpuSupport | undefined;

/** @internal True for an engine that can't run before {@link loadGpuSupport} is done. */
export function lacksGpuSupport(engine: string): boolean {
  return (engine === 'webgl' || engine === 'webgpu') && support === undefined;
}

/** @internal */
export async function loadGpuSupport(): Promise<void> {
  if (support) return;
  support = await import('./gpu-support.ts');
  support.pollSoon();
}

/** @internal The device of a backend that runs; none for one that computes on the processor. */
export function deviceBehind(engine: string): Device | undefined {
  return support?.deviceBehind(engine);
}

/** @internal What became of a frame whose numbers were on a device that is lost; nothing for all others. */
export function lossOf(frame: { readonly data: unknown; readonly label: FrameLabel }): EngineError | undefined {
  return support?.lossOf(frame);
}

/**
 * @internal Reads something of a frame back from the device, or rejects with the loss of it: what is read from a lost one
 * are no numbers, if anything comes at all.
 */
export function unlessLost<T>(data: unknown, label: FrameLabel, read: () => Promise<T>): Promise<T> {
  return support ? support.unlessLost(data, label, read) : read();
}

/** @internal The device's own timer for the stages of one frame; none where the engine in use has none. */
export function deviceTimes(): DeviceTimes | undefined {
  return support?.deviceTimes();
}
