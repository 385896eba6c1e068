import * as tf from '@tensorflow/tfjs-core';
import { contextLost } from '../errors/context-lost.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import type { EngineError } from '../errors/errors.ts';

/** What is looked at here of tfjs's backends for GPUs. */
interface Backend {
  /** webgl */
  readonly gpgpu?: { readonly gl: WebGL2RenderingContext; outputTexture: unknown };
  /** webgpu */
  readonly device?: { readonly lost: Promise<unknown> };
  /** What it holds, by tensor: in memory (`values`), or on the device. */
  readonly texData?: Held;
  readonly tensorMap?: Held;
  convertAndCacheOnCPU: (id: object, values?: unknown) => unknown;
}

interface Held {
  has(id: object): boolean;
  get(id: object): { readonly values?: unknown };
}

const devices = new WeakMap<object, Device>();
let anyLost = false;

/**
 * @internal What a tfjs backend computes on, until it is lost: a driver starts anew, a laptop changes its GPU, a page has
 * too many contexts. A backend whose device is lost never works again, and without {@link Device} nobody is told.
 */
export class Device {
  readonly engine: string;
  readonly #backend: Backend;
  readonly #listeners = new Set<() => void>();
  #lost = false;

  constructor(engine: string, backend: Backend) {
    this.engine = engine;
    this.#backend = backend;
    const lose = () => this.#lose();
    backend.gpgpu?.gl.canvas.addEventListener('webglcontextlost', lose);
    void backend.device?.lost.then(lose);
  }

  get isLost(): boolean {
    // The event comes a turn late.
    if (!this.#lost && this.#backend.gpgpu?.gl.isContextLost()) this.#lose();
    return this.#lost;
  }

  /** Tells, once, that it is lost; what it returns calls that off. */
  onLoss(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }

  /** Whether the tensor's numbers are on the device, and nowhere else. */
  holds(tensor: tf.Tensor): boolean {
    const held = heldBy(this.#backend);
    return held?.has(tensor.dataId) === true && !held.get(tensor.dataId).values;
  }

  /** webgpu fails what was under way before it tells that the device is gone. */
  async toldOfLoss(): Promise<boolean> {
    for (let turns = 0; turns < 5 && this.#backend.device && !this.isLost; turns++) {
      await new Promise((next) => setTimeout(next, 5));
    }
    return this.isLost;
  }

  #lose(): void {
    if (this.#lost) return;
    this.#lost = anyLost = true;
    putToRest(this.#backend);
    for (const tell of [...this.#listeners]) tell();
    this.#listeners.clear();
  }
}

function heldBy({ texData, tensorMap }: Backend): Held | undefined {
  return texData ?? tensorMap;
}

/** What tfjs still waits for on a lost device is nothing, and is not to be kept for numbers. */
function putToRest(backend: Backend): void {
  backend.convertAndCacheOnCPU = (id, values) => values ?? heldBy(backend)?.get(id).values;
  const { gpgpu } = backend;
  if (!gpgpu) return;
  const { gl } = gpgpu;
  // A fence of a lost context never passes: tfjs would ask for ever.
  gl.clientWaitSync = () => gl.ALREADY_SIGNALED;
  gpgpu.outputTexture = null;
}

/** @internal The device of a backend that runs; none for one that computes on the processor. */
export function deviceBehind(engine: string): Device | undefined {
  const backend = tf.engine().registry[engine] as Backend | undefined;
  if (!backend?.gpgpu && !backend?.device) return undefined;
  let device = devices.get(backend);
  if (!device) devices.set(backend, (device = new Device(engine, backend)));
  return device;
}

/** @internal The device that a tensor is on; none for what is no tensor, and for a tensor of another copy of tfjs. */
export function deviceOf(data: unknown): Device | undefined {
  if (!(data instanceof tf.Tensor)) return undefined;
  const backend = tf.engine().state.tensorInfo.get(data.dataId)?.backend;
  return backend && devices.get(backend);
}

/** @internal What became of a frame whose numbers were on a device that is lost; nothing for all others. */
export function lossOf({
  data,
  label,
}: {
  readonly data: unknown;
  readonly label: FrameLabel;
}): EngineError | undefined {
  if (!anyLost) return undefined;
  const device = deviceOf(data);
  return device?.isLost && device.holds(data as tf.Tensor) ? contextLost(label, device.engine) : undefined;
}

/**
 * @internal Reads something of a frame back from the device, or rejects with the loss of it: what is read from a lost one
 * are no numbers, if anything comes at all.
 */
export function unlessLost<T>(data: unknown, label: FrameLabel, read: () => Promise<T>): Promise<T> {
  const device = deviceOf(data);
  return device ? watched(device, data as tf.Tensor, label, read) : read();
}

async function watched<T>(device: Device, tensor: tf.Tensor, label: FrameLabel, read: () => Promise<T>): Promise<T> {
  const lost = () => contextLost(label, device.engine);
  if (device.isLost && device.holds(tensor)) throw lost();
  let callOff: (() => void) | undefined;
  const loss = new Promise<never>((_, reject) => (callOff = device.onLoss(() => reject(lost()))));
  try {
    const result = await Promise.race([read(), loss]);
    if (device.isLost) throw lost();
    return result;
  } catch (error) {
    throw (await device.toldOfLoss()) ? lost() : error;
  } finally {
    callOff?.();
  }
}
