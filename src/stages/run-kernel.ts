import { engine, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Calls a backend kernel by name, without the checks and conversions of `tf.*`: a stage has checked its shapes when it
 * was built, and per frame they cost more than a small layer does.
 */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, Tensor | undefined>> | readonly Tensor[],
  attributes: object = {},
): Tensor {
  return engine().runKernel(name, inputs as unknown as Record<string, Tensor>, attributes as NamedAttrMap);
}
