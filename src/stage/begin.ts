import type { Kernel } from './stage.ts';

/** @internal A kernel of one subscription's own. Its `dispose` frees what is only of this subscription. */
export function begin<I, O>(kernel: Kernel<I, O>): Kernel<I, O> {
  return kernel.begin?.() ?? { run: kernel.run, dispose: () => undefined };
}

/** @internal Makes kernels one after the other. If one cannot be made, those made before are disposed. */
export function allKernels<T>(
  of: readonly T[],
  make: (one: T, i: number) => Kernel<never, unknown>,
): Kernel<never, unknown>[] {
  const kernels: Kernel<never, unknown>[] = [];
  try {
    of.forEach((one, i) => kernels.push(make(one, i)));
    return kernels;
  } catch (error) {
    disposeAll(kernels);
    throw error;
  }
}

/** @internal Disposes all kernels, also if one throws. */
export function disposeAll(kernels: Iterable<Pick<Kernel<never, unknown>, 'dispose'> | undefined>): void {
  const errors: unknown[] = [];
  for (const kernel of kernels) {
    try {
      kernel?.dispose();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** @internal Several kernels as one. `join` combines their computations. */
export function combined(
  kernels: readonly Kernel<never, unknown>[],
  join: (kernels: readonly Kernel<never, unknown>[]) => Kernel<never, unknown>['run'],
): Kernel<never, unknown> {
  return {
    run: join(kernels),
    dispose: () => disposeAll(kernels),
    begin: () => combined(allKernels(kernels, begin), join),
  };
}
