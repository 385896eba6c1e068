import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { fromSpec } from '../models/from-spec.ts';
import type { Levels } from '../onnx/graph-builder.ts';
import type { AnyStage, Spec } from '../stage/stage.ts';
import { stage } from '../stages/define-stage.ts';
import { fakeQuantize } from '../stages/fake-quantize.ts';
import type { Network } from './network.ts';
import { quantizedKernel } from './quantized-kernel.ts';

const COMPARED = 'comparedLayer';

type Compute = (x: Tensor) => Tensor;

/** What rounding the input and the kernel of a layer changes in its output. */
export class LayerNoise {
  #signal = 0;
  #noise = 0;
  #sums = new Float64Array();
  #count = 0;

  /** Adds outputs with their channels last. */
  add(exact: ArrayLike<number>, rounded: ArrayLike<number>, channels: number): void {
    if (this.#sums.length !== channels) this.#sums = new Float64Array(channels);
    for (let i = 0; i < exact.length; i++) {
      const [value, other] = [exact[i] as number, rounded[i] as number];
      this.#signal += value * value;
      this.#noise += (value - other) ** 2;
      this.#sums[i % channels] = (this.#sums[i % channels] ?? 0) + value - other;
    }
    this.#count += exact.length / channels;
  }

  /** The ratio of the signal to the noise in decibels. Infinity without noise. */
  get decibels(): number {
    return this.#noise === 0 ? Infinity : 10 * Math.log10(this.#signal / this.#noise);
  }

  /** What has to be added to each channel, so that its mean stays the same. */
  get correction(): Float64Array {
    return this.#sums.map((sum) => sum / (this.#count || 1));
  }
}

/** The float network that also computes each of its layers with a rounded input and kernel, and notes the difference in `noises`. */
export function comparedNetwork(
  network: Network,
  levels: (source: string) => Levels,
  noises: ReadonlyMap<string, LayerNoise>,
): AnyStage {
  return network.watched(
    ({ spec, source }, path) => ({ op: COMPARED, name: spec.name ?? spec.op, layer: spec, source, path }),
    {
      [COMPARED]: ({ name, layer, source, path }) =>
        compared(name, layer as Spec, levels(source as string), noises.get(path as string) as LayerNoise),
    },
  );
}

function compared(name: string | undefined, layer: Spec, levels: Levels, noise: LayerNoise): AnyStage {
  // Where an activation cuts values off, the means before it are compared: a correction is added there.
  const exact = fromSpec(layer, { maxWork: Infinity });
  const linear = fromSpec({ ...layer, activation: 'linear' }, { maxWork: Infinity });
  return stage<Tensor, Tensor>({
    spec: { op: COMPARED, name },
    outputShape: (input) => exact.outputShape(input),
    weightShapes: (input) => ({ ...exact.weightShapes(input) }),
    kernel(input, weights, own) {
      const kernel = weights['kernel'] as Tensor;
      const { data, shape } = quantizedKernel(layer, { data: kernel.dataSync() as Float32Array, shape: kernel.shape });
      const rounded = own(tensor(data, [...shape]));
      const rounding = fakeQuantize(levels).kernelWith(input, {});
      const parts = [exact, linear, linear].map((net, i) =>
        net.kernelWith(input, i === 2 ? { ...weights, kernel: rounded } : weights),
      );
      const [round, compute, before, beforeRounded] = [rounding, ...parts].map(
        ({ run }) => run as (x: Tensor) => Tensor,
      ) as [Compute, Compute, Compute, Compute];
      return {
        run(x) {
          const [y, z] = [before(x), beforeRounded(round(x))];
          noise.add(y.dataSync(), z.dataSync(), y.shape.at(-1) ?? 1);
          return compute(x);
        },
        dispose() {
          for (const part of [rounding, ...parts]) part.dispose();
        },
      };
    },
  });
}
