import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { messageOf, OptionError, WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { MAX_VALUES } from '../limits.ts';
import type { LoadedGraphModel } from './load-graph.ts';
import { NamedTensors } from '../../stage/named-tensors.ts';
import type { NodeRunner } from './run-nodes.ts';

/** The shape of the input: the one that is given, else the one that the model declares, where `known` fills open sizes. Throws `OptionError`, and `WeightsError` if it is too large. */
export function inputShapeOf(
  file: string,
  model: LoadedGraphModel,
  input: string,
  given: Shape | undefined,
  known?: Shape,
): Shape {
  const stated = model.inputs
    .find(({ name }) => name === input)
    ?.shape?.map((size, i) => (i === 0 && size < 0 ? 1 : size));
  const fills = !given && known && (!stated || stated.length === known.length);
  const declared = fills ? known.map((size, i) => ((stated?.[i] ?? -1) < 0 ? size : (stated?.[i] ?? size))) : stated;
  if (!given && (!declared || declared.some((size) => size < 0))) {
    const says = declared
      ? `does not declare the size of ${input} (${describeShape(declared)})`
      : `does not declare the shape of ${input}`;
    throw new OptionError(`${file} ${says}: give inputShape (--size)`);
  }
  const shape = given ?? declared ?? [];
  const fits =
    !declared ||
    (declared.length === shape.length && declared.every((size, i) => size < 0 || i === 0 || size === shape[i]));
  const good = fits && shape.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (good && sizeOf(shape) > MAX_VALUES) {
    throw new WeightsError(`${file} takes ${describeShape(shape)} as ${input}, over ${MAX_VALUES} values`);
  }
  if (good) return shape;
  throw new OptionError(
    `${file} takes ${describeValue(declared)} as ${input}, but inputShape is ${describeValue(given)}`,
  );
}

/** What a run on zeros shows. */
export interface Probed {
  /** The shape of each output, by name. */
  readonly outputShapes: Readonly<Record<string, Shape>>;
  /** Whether the model has operations that only run asynchronously. */
  readonly isAsynchronous: boolean;
}

/** Runs the model once on zeros. Throws `OptionError` and `WeightsError` if it cannot be run so. */
export async function probeOnZeros(file: string, runner: NodeRunner, inputShape: Shape): Promise<Probed> {
  const zeros = tf.zeros([...inputShape]);
  const run = runner.begin();
  const shapesOf = (value: tf.Tensor | NamedTensors) => {
    const tensors = value instanceof NamedTensors ? Object.values(value.tensors) : [value];
    value.dispose();
    return Object.fromEntries(tensors.map(({ shape }, i) => [runner.outputs[i] ?? '', shape]));
  };
  try {
    try {
      return { outputShapes: shapesOf(run.run(zeros)), isAsynchronous: false };
    } catch (error) {
      if (!/executeAsync|dynamic op/.test(messageOf(error))) throw error;
      return { outputShapes: shapesOf(await run.later(zeros)), isAsynchronous: true };
    }
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    const what = messageOf(cause);
    if (/not part of graph|not found in the graph/.test(what)) {
      throw new OptionError(`${file}: input and output must be names of nodes: ${what}`, { cause });
    }
    throw new WeightsError(`${file} cannot be run on ${describeShape(inputShape)}: ${what}`, { cause });
  } finally {
    run.dispose();
    zeros.dispose();
  }
}
