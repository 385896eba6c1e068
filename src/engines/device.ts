import * as tf from '@tensorflow/tfjs-core';
import { heldBy, type GpuBackend } from './gpu-backend.ts';
import { quietLostBackend } from './tfjs-patches/quiet-lost-backend.ts';

const devices = new WeakMap<object, Device>();
let anyLost = false;

/**
 * The GPU of a tfjs backend. A browser may take it away: because a driver restarts, a laptop changes its GPU, or a page has
 * too many contexts. A backend whose GPU was lost never works again, and tfjs itself does not report the loss.
 */
export class Device {
  readonly engine: string;
  readonly #backend: GpuBackend;
  readonly #listeners = new Set<() => void>();
  #lost = false;

  constructor(engine: string, backend: GpuBackend) {
    this.engine = engine;
    this.#backend = backend;
    const lose = () => this.#lose();
    backend.gpgpu?.gl.canvas.addEventListener('webglcontextlost', lose);
    void backend.device?.lost.then(lose);
  }

  get isLost(): boolean {
    // webgl knows of the loss before it fires the event.
    if (!this.#lost && this.#backend.gpgpu?.gl.isContextLost()) this.#lose();
    return this.#lost;
  }

  /** Calls `listener` once, when the GPU is lost. Returns a function that removes the listener. */
  onLoss(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether a tensor's numbers are on this GPU, and not also in the processor's memory. */
  holds(tensor: tf.Tensor): boolean {
    const held = heldBy(this.#backend);
    return held?.has(tensor.dataId) === true && !held.get(tensor.dataId).values;
  }

  /** Waits up to a second for the news of a loss: webgpu rejects pending reads before it reports that the GPU was lost. */
  async awaitLoss(): Promise<boolean> {
    if (this.#backend.device && !this.isLost) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let stopListening: (() => void) | undefined;
      await new Promise<void>((resolve) => {
        stopListening = this.onLoss(resolve);
        timer = setTimeout(resolve, 1000);
      });
      clearTimeout(timer);
      stopListening?.();
    }
    return this.isLost;
  }

  #lose(): void {
    if (this.#lost) return;
    this.#lost = anyLost = true;
    quietLostBackend(this.#backend);
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }
}

/** Returns the GPU of a backend that runs. Undefined for a backend that computes on the processor. */
export function deviceBehind(engine: string): Device | undefined {
  const backend = tf.engine().registry[engine] as GpuBackend | undefined;
  if (!backend?.gpgpu && !backend?.device) return undefined;
  let device = devices.get(backend);
  if (!device) devices.set(backend, (device = new Device(engine, backend)));
  return device;
}

/** Returns the GPU that a tensor is on. Undefined for other values, and for a tensor of another copy of tfjs. */
export function deviceOf(data: unknown): Device | undefined {
  if (!(data instanceof tf.Tensor)) return undefined;
  const backend = tf.engine().state.tensorInfo.get(data.dataId)?.backend;
  return backend && devices.get(backend);
}

/** Whether any GPU was lost since the start. */
export function anyDeviceLost(): boolean {
  return anyLost;
}
