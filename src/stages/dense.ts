import { _FusedMatMul, Reshape, type Tensor2D } from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import { requireRank } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import type { Weights } from '../stage/weights.ts';
import type { Activation } from '../stage/activations.ts';
import { checkActivation } from './activation.ts';
import { fuse } from './fuse.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link dense}. */
export interface DenseOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The number of output values. */
  readonly units: number;
  /** The function applied to the output. Default `linear`. */
  readonly activation?: Activation;
  /** Whether there is a `bias`. Default true. */
  readonly useBias?: boolean;
  /** The weights by name: `kernel` `[inputs, units]`, `bias` `[units]`. */
  readonly weights?: Weights;
  /** The seed that weights which are not given are drawn from. */
  readonly seed?: number;
}

/**
 * Fully connected layer: y = xW + b. `[b, n]` → `[b, units]`. ONNX `Gemm`, Keras `Dense`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that is not `[batch, values]`.
 *
 * @see {@link flatten}, {@link softmax}
 *
 * @example
 * console.log(dense({ units: 1000 }).parameterCount([1, 40000])); // 40001000
 */
export function dense(options: DenseOptions): Stage<Tensor2D, Tensor2D> {
  const op = options.name ?? 'dense';
  const units = count(op, 'units', options.units);
  const { activation = 'linear', useBias = true, name, weights, seed } = options;
  checkActivation(op, activation);
  return stage<Tensor2D, Tensor2D>({
    options,
    spec: { op: 'dense', name, units, activation, useBias },
    weights,
    seed,
    outputShape(input) {
      requireRank(input, ['batch', 'values']);
      return [input[0] ?? 0, units];
    },
    weightShapes: ([, inputs = 0]) => ({ kernel: [inputs, units], ...(useBias ? { bias: [units] } : {}) }),
    macs: ([batch = 1, inputs = 0]) => batch * inputs * units,
    kernel([, inputs = 0], { kernel, bias }, own) {
      const { attributes, after } = fuse(activation);
      const all = { ...attributes, transposeA: false, transposeB: false };
      // The tfjs kernel multiplies batches of matrices; this is a batch of one.
      const b = own(runKernel(Reshape, { x: kernel }, { shape: [1, inputs, units] }));
      return (x) => {
        const a = runKernel(Reshape, { x }, { shape: [1, x.shape[0], inputs] });
        const y = runKernel(_FusedMatMul, { a, b, bias }, all);
        const flat = runKernel(Reshape, { x: y }, { shape: [x.shape[0], units] });
        a.dispose();
        y.dispose();
        return after(flat) as Tensor2D;
      };
    },
    clean: true,
    compilable: true,
  });
}
