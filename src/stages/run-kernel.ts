import { engine, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Runs a backend kernel by name, without the checks and conversions of `tf.*`. A stage has checked its shapes when it was
 * built; on every frame, these checks would cost more than a small layer does.
 */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, Tensor | undefined>> | readonly Tensor[],
  attributes: object = {},
): Tensor {
  return engine().runKernel(name, inputs as unknown as Record<string, Tensor>, attributes as NamedAttrMap);
}
