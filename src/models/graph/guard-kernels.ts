import * as tf from '@tensorflow/tfjs-core';
import { WeightsError } from '../../errors/errors.ts';
import { tooMuch } from '../check-work.ts';
import { MAX_VALUES } from '../limits.ts';
import { estimateKernel, type Inputs } from './kernel-estimates.ts';

interface Engine {
  runKernel: (this: void, name: string, inputs: Inputs, attributes: never) => unknown;
}

/** @internal What a run may take. */
interface GuardLimits {
  /** The most work for one frame. */
  readonly most: number;
  /** How many frames go through together. */
  readonly frames: number;
}

/**
 * @internal Runs a graph model. Every node that computes is a kernel of TensorFlow.js in the end; before a kernel runs, the
 * number of values that it gives and its work are estimated from the shapes and attributes that it gets. Throws `WeightsError` for a
 * kernel that would give more than `MAX_VALUES`, and for work over `most`, so that neither memory nor time is taken.
 */
export function guarded<T>(file: string, { most, frames }: GuardLimits, run: () => T): T {
  const engine = tf.engine() as unknown as Engine;
  const { runKernel } = engine;
  let total = 0;
  engine.runKernel = (name, inputs, attributes) => {
    if (UNKNOWN.has(name)) {
      throw new WeightsError(
        `${file}: its operation ${name} gives as many values as its input says, which is not supported`,
      );
    }
    const estimate = estimateKernel(name, inputs, attributes);
    const [values, work] = [estimate.values / frames, estimate.work / frames];
    if (!(values <= MAX_VALUES)) {
      throw new WeightsError(
        `${file}: its operation ${name} would give ${values} values, over the limit of ${MAX_VALUES}`,
      );
    }
    total += work;
    if (!(work <= most)) throw tooMuch(file, `operation ${name}`, work, most);
    if (total > most) throw tooMuch(file, 'operations together', total, most);
    return Reflect.apply(runKernel, engine, [name, inputs, attributes]);
  };
  try {
    return run();
  } finally {
    engine.runKernel = runKernel;
  }
}

/** Kernels for tables and texts, whose output has a size that is only in the values of a tensor. */
const UNKNOWN: ReadonlySet<string> = new Set([
  tf.RaggedGather,
  tf.RaggedRange,
  tf.RaggedTensorToTensor,
  tf.SparseFillEmptyRows,
  tf.SparseSegmentMean,
  tf.SparseSegmentSum,
  tf.StringNGrams,
  tf.StringSplit,
]);
