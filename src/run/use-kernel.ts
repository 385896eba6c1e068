import * as tf from '@tensorflow/tfjs-core';
import { deviceBehind } from '../engines/gpu.ts';
import { SharedPool, type Use } from '../engines/shared-pool.ts';
import { sameButBatch, type Shape } from '../stage/shape.ts';
import type { AnyStage, Kernel } from '../stage/stage.ts';

/** A stage with its weights on the device, for all subscriptions that run it on the same engine and input shape. */
export interface LoadedKernel {
  readonly kernel: Kernel<unknown, unknown>;
  readonly input: Shape;
  /** The tfjs backend that it was built on. A backend that starts again is another one. */
  readonly backend: unknown;
  /** Whether it has run once. Undefined for a stage without weights, which is not shared. */
  warm?: boolean;
  /** Stops watching the GPU that it is on. */
  unwatch?: (() => void) | undefined;
}

const pool = new SharedPool<LoadedKernel>(({ kernel, unwatch }) => {
  unwatch?.();
  kernel.dispose();
});

/** Returns the stage's kernel, which is built unless another subscription has it. */
export function useKernel(stage: AnyStage, input: Shape): Use<LoadedKernel> {
  const backend: unknown = tf.backend();
  const load = (): LoadedKernel => ({ kernel: stage.build(input) as Kernel<unknown, unknown>, input, backend });
  if (stage.parameterCount(input) === 0) {
    const value = load();
    return { value, end: () => value.kernel.dispose() };
  }
  return pool.use(
    stage,
    (loaded) => loaded.backend === backend && sameButBatch(loaded.input, input),
    (forget) => ({ ...load(), warm: false, unwatch: deviceBehind(tf.getBackend())?.onLoss(forget) }),
  );
}
