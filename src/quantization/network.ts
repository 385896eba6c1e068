import { Identity, type Tensor } from '@tensorflow/tfjs-core';
import { fromSpec, type StageMaker } from '../models/from-spec.ts';
import type { Levels } from '../onnx/graph-builder.ts';
import type { Shape } from '../stage/shape.ts';
import type { AnyStage, Spec } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';
import { stage } from '../stages/define-stage.ts';
import { runKernel } from '../stages/run-kernel.ts';
import { Placement, type Watch } from './place-points.ts';
import { quantizedKernel } from './quantized-kernel.ts';
import { POINT, withLevels } from './rounding.ts';

const NONE: ReadonlySet<string> = new Set();

/** A float network, of which networks with points are made. */
export class Network {
  readonly #spec: Spec;
  readonly #weights: Readonly<Record<string, Weight>>;

  /** Throws `WeightsError` for missing weights. */
  constructor(net: AnyStage, input: Shape) {
    this.#spec = net.spec;
    this.#weights = net.weights(input);
  }

  /** The paths of the layers that can compute with integers. */
  layers(): readonly string[] {
    return [...this.#placed(NONE).placement.layers.keys()];
  }

  /** The float network, which shows the values at its points. */
  observed(see: (source: string, value: Tensor) => void): AnyStage {
    return this.#watched(see);
  }

  /** The float network with other stages, which `makers` make, in the place of its layers. */
  watched(watch: Watch, makers: Readonly<Record<string, StageMaker>>): AnyStage {
    return this.#watched(() => undefined, watch, makers);
  }

  /**
   * The network that rounds at its points and has the kernels of its layers on their levels, but for layers that stay float. `correction` is what
   * is added to the bias of a layer.
   */
  quantized(
    keep: ReadonlySet<string>,
    levels: (source: string) => Levels,
    correction: (path: string) => ArrayLike<number>,
  ): AnyStage {
    const { placement, spec, weights } = this.#placed(keep, ({ spec: layer }) => ({ ...layer, useBias: true }));
    for (const [path, layer] of placement.layers) {
      const kernel = weights.get(`${path}/kernel`) as Weight;
      const more = Float32Array.from(correction(path));
      const bias = weights.get(`${path}/bias`)?.data;
      weights.set(`${path}/kernel`, quantizedKernel(layer.spec, kernel));
      weights.set(`${path}/bias`, { shape: [more.length], data: more.map((value, i) => value + (bias?.[i] ?? 0)) });
    }
    return fromSpec(withLevels(spec, levels), { maxWork: Infinity }).withWeights(Object.fromEntries(weights));
  }

  #watched(
    see: (source: string, value: Tensor) => void,
    watch?: Watch,
    makers: Readonly<Record<string, StageMaker>> = {},
  ): AnyStage {
    const { spec, weights } = this.#placed(NONE, watch);
    const stages = {
      [POINT]: ({ name, source }: Spec) => point(name, (value) => see(source as string, value)),
      ...makers,
    };
    return fromSpec(spec, { stages, maxWork: Infinity }).withWeights(Object.fromEntries(weights));
  }

  #placed(keep: ReadonlySet<string>, watch?: Watch) {
    const weights = new Map(Object.entries(this.#weights));
    const placement = new Placement(weights, keep, watch);
    const { spec } = placement.within({ spec: this.#spec, prefix: '' }, { source: 'the input', rounded: false });
    return { placement, spec, weights };
  }
}

/** A stage that shows the values that come by. */
function point(name: string | undefined, see: (value: Tensor) => void): AnyStage {
  return stage<Tensor, Tensor>({
    spec: { op: POINT, name },
    outputShape: (input) => input,
    kernel: () => (x) => {
      see(x);
      return runKernel(Identity, { x });
    },
    clean: true,
    elementwise: true,
  });
}
