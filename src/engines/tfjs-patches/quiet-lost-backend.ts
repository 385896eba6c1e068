import { heldBy, type GpuBackend } from '../gpu-backend.ts';

/**
 * Makes a backend whose GPU was lost give up what it still waits for. Without this, tfjs polls a webgl fence that never
 * passes, and returns what it reads from the lost GPU as if it were numbers.
 *
 * tfjs does not handle the loss of a GPU: https://github.com/tensorflow/tfjs/issues/756
 */
export function quietLostBackend(backend: GpuBackend): void {
  backend.convertAndCacheOnCPU = (id, values) => values ?? heldBy(backend)?.get(id).values;
  const { gpgpu } = backend;
  if (!gpgpu) return;
  const { gl } = gpgpu;
  gl.clientWaitSync = () => gl.ALREADY_SIGNALED;
  gpgpu.outputTexture = null;
}
