import type { Tensor } from '@tensorflow/tfjs-core';
import type { PreprocessOptions } from '../preprocess/preprocess.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import type { Levels } from '../onnx/graph-builder.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { AnyStage } from '../stage/stage.ts';
import type { Kernel } from '../stage/stage.ts';
import { SeenValues } from './levels.ts';
import type { Network } from './network.ts';
import type { RangeMethod } from './quantize-options.ts';

/** Runs a network on pictures, one after the other, on the backend in use. */
export async function runOver(net: AnyStage, pictures: readonly Pixels[], prepare: PreprocessOptions): Promise<void> {
  const ready = preprocess(prepare);
  let kernel: Kernel<never, unknown> | undefined;
  try {
    for (const picture of pictures) {
      const preparing = ready.build([1, picture.height, picture.width, picture.channels]);
      try {
        const x = preparing.run(picture);
        kernel ??= net.build(x.shape);
        const y = kernel.run(x as never) as Tensor | Readonly<Record<string, Tensor>>;
        x.dispose();
        if ('dispose' in y && typeof y.dispose === 'function') y.dispose();
        else for (const one of Object.values(y) as Tensor[]) one.dispose();
      } finally {
        preparing.dispose();
      }
      // Signals and timers get their turn.
      await new Promise((resolve) => setTimeout(resolve));
    }
  } finally {
    kernel?.dispose();
  }
}

/** Measures the ranges of values on pictures; returns the levels of the value that a stage computes. */
export async function calibrate(
  network: Network,
  pictures: readonly Pixels[],
  prepare: PreprocessOptions,
  method: RangeMethod,
  percentile: number,
): Promise<(source: string) => Levels> {
  const seen = new Map<string, SeenValues>();
  const observed = network.observed((source, value) => {
    let values = seen.get(source);
    if (!values) seen.set(source, (values = new SeenValues()));
    values.see(value.dataSync(), source);
  });
  await runOver(observed, pictures, prepare);
  if (method !== 'minmax') {
    for (const values of seen.values()) values.beginCounting(method);
    await runOver(observed, pictures, prepare);
  }
  return (source) => (seen.get(source) ?? new SeenValues()).levels(percentile);
}
