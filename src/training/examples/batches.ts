import { concat, dispose, type Tensor } from '@tensorflow/tfjs-core';
import { joinedWeights, type FrameLabel, type Target } from '../../errors/frame-label.ts';
import type { Input } from './inputs.ts';

/** Inputs that are computed together. Who takes it disposes the tensor. */
export interface Batch {
  /** `[batch, …]`. */
  readonly x: Tensor;
  /** The label of the first, with the targets and the weights of all. */
  readonly label: FrameLabel & { readonly targets: readonly Target[] };
}

/** Joins inputs to batches; the last one may be smaller. */
export async function* batchesOf(inputs: AsyncIterable<Input>, size: number): AsyncGenerator<Batch, void> {
  let batch: Input[] = [];
  try {
    for await (const input of inputs) {
      batch.push(input);
      if (batch.length < size) continue;
      yield joined(batch);
      batch = [];
    }
    if (batch.length > 0) yield joined(batch);
  } finally {
    dispose(batch.map(({ x }) => x));
  }
}

function joined(inputs: readonly Input[]): Batch {
  const [first] = inputs as [Input];
  const { target: _target, weight: _weight, ...label } = first.label;
  const labels = inputs.map((input) => input.label);
  const x = concat(
    inputs.map((input) => input.x),
    0,
  );
  dispose(inputs.map((input) => input.x));
  return { x, label: { ...label, targets: labels.map(({ target }) => target), ...joinedWeights(labels) } };
}
