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
  const { state } = engine();
  // What records the kernels for a gradient reads all inputs that have a name.
  const given = state.gradientDepth > 0 && !Array.isArray(inputs) ? withoutUndefined(inputs) : inputs;
  return engine().runKernel(name, given as unknown as Record<string, Tensor>, attributes as NamedAttrMap);
}

function withoutUndefined(inputs: object): object {
  return Object.fromEntries(Object.entries(inputs).filter(([, input]) => input !== undefined));
}
