import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { requireRank, type Shape } from '../../stage/shape.ts';
import type { Json, Stage } from '../../stage/stage.ts';
import { stage } from '../../stages/define-stage.ts';
import { exampleWeights } from './example-weights.ts';

/** Options that all losses have. */
export interface LossOptions {
  /** The stage's name in results and errors. Default: its `op`. */
  readonly name?: string;
  /**
   * What becomes of the losses of a batch: their `mean` (default) or `sum`, `[1]`, or `none`: one loss for each frame, `[batch]`. The
   * loss of a single frame is `[1]` in any case. The loss of a frame with a `weight` is multiplied by it before; the mean is divided by the
   * number of frames, whatever they weigh.
   */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

/** The loss of each frame, `[batch]`, and the weights of the frames in their mean. */
export interface Losses {
  readonly each: Tensor1D;
  /** Default: each frame counts once. */
  readonly total?: number;
}

/** What is different in each loss. */
export interface LossKind {
  readonly op: string;
  readonly arguments: Readonly<Record<string, Json | undefined>>;
  losses(outputs: Tensor2D, label: FrameLabel | undefined): Losses;
}

/** What all losses share: a stage from a model's outputs `[batch, outputs]` and the targets of their frames to the loss. */
export function loss(kind: LossKind, options: LossOptions): Stage<Tensor2D, Tensor1D> {
  const { name, reduction = 'mean' } = options;
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new OptionError(
      `${name ?? kind.op}: reduction must be 'mean', 'sum' or 'none', not ${describeValue(reduction)}`,
    );
  }
  return stage<Tensor2D, Tensor1D>({
    options,
    spec: { op: kind.op, name, reduction, ...kind.arguments },
    outputShape(input: Shape) {
      requireRank(input, ['batch', 'outputs']);
      return [reduction === 'none' ? (input[0] ?? 0) : 1];
    },
    kernel: () => (x, label) => {
      const { each: unweighted, total = x.shape[0] } = kind.losses(x, label);
      const weights = exampleWeights(name ?? kind.op, x.shape[0], label);
      const each = weights ? tf.mul<Tensor1D>(unweighted, tf.tensor1d([...weights])) : unweighted;
      if (reduction === 'none') return each;
      const sum = tf.reshape<tf.Rank.R1>(tf.sum(each), [1]);
      // Where all frames are of classes that count nothing, the sum is 0 too.
      return reduction === 'sum' ? sum : tf.div(sum, total || 1);
    },
  });
}
