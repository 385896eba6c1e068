import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { messageOf, OptionError, WeightsError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { workLimit } from '../check-work.ts';
import { MAX_VALUES } from '../limits.ts';
import type { GraphModelOptions } from './graph-model-options.ts';
import { guarded } from './guard-kernels.ts';
import type { LoadedGraphModel } from './load-graph.ts';
import { NamedTensors } from './named-tensors.ts';

/** Runs a loaded model on the value of one input. */
export interface RunNodes {
  readonly input: string;
  (x: tf.Tensor): tf.Tensor | NamedTensors;
}

/** Returns what runs a model, for the nodes that the options name. Throws `OptionError`. */
export function nodeRunner(
  file: string,
  model: LoadedGraphModel,
  { input, output, constants = {}, maxWork }: GraphModelOptions,
): RunNodes {
  const most = workLimit(file, maxWork);
  const inputs = model.inputs.map(({ name }) => name);
  const open = inputs.filter((name) => !Object.hasOwn(constants, name));
  const takes = input ?? open[0];
  if (takes === undefined || (input === undefined && open.length > 1)) {
    throw new OptionError(
      `${file} has ${inputs.length} inputs (${inputs.join(', ')}): give input, and constants for the others`,
    );
  }
  // Where the input is a node inside the graph, the converter reports which other inputs are needed.
  const unset = inputs.includes(takes) ? open.filter((name) => name !== takes) : [];
  if (unset.length > 0) throw new OptionError(`${file} also takes ${unset.join(', ')}: give constants for them`);
  const unknown = Object.keys(constants).filter((name) => !inputs.includes(name));
  if (unknown.length > 0)
    throw new OptionError(`${file} has no input ${unknown.join(', ')}; it has ${inputs.join(', ')}`);
  const names = model.outputs.map(({ name }) => name);
  if (output === undefined && names.length !== 1) {
    throw new OptionError(
      `${file} has ${names.length} outputs (${names.join(', ')}): give output, one or several of them`,
    );
  }
  const wanted = output === undefined ? names : [output].flat();
  if (wanted.length === 0) throw new OptionError(`${file}: output names nothing; it has ${names.join(', ')}`);
  const placeholder = model.inputs.find(({ name }) => name === takes);
  const dtype = placeholder?.dtype === 'int32' ? 'int32' : 'float32';
  const types = new Map(model.inputs.map(({ name, dtype: type }) => [name, type]));
  const declaredBatch = Math.max(1, placeholder?.shape?.[0] ?? 1);
  const run = (x: tf.Tensor) =>
    tf.tidy(() => {
      const fixed = Object.entries(constants).map(([name, value]) => [
        name,
        tf.scalar(value, types.get(name) as 'int32'),
      ]);
      const given = { ...Object.fromEntries(fixed), [takes]: tf.cast(x, dtype) } as tf.NamedTensorMap;
      const frames = Math.max(1, (x.shape[0] ?? 1) / declaredBatch);
      const results = [guarded(file, { most, frames }, () => model.execute(given, [...wanted]))].flat();
      // A node may return its input or a weight itself, which must not be disposed.
      const own = results.map((result) => result.clone());
      return typeof output === 'object' ? own : (own[0] as tf.Tensor);
    });
  const named = (x: tf.Tensor) => {
    const results = run(x);
    if (!Array.isArray(results)) return results;
    return new NamedTensors(Object.fromEntries(results.map((tensor, i) => [wanted[i] ?? '', tensor])));
  };
  return Object.assign(named, { input: takes });
}

/** The shape of the input: the one that is given, else the one that the model declares. Throws `OptionError`, and `WeightsError` if it is too large. */
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
    throw new OptionError(`${file} ${says}: give inputShape`);
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

/** The shape of the output, found by a run on zeros. Throws `OptionError` and `WeightsError` if the model cannot be run so. */
export function shapeOnZeros(file: string, run: RunNodes, inputShape: Shape): Shape {
  let zeros: tf.Tensor | undefined;
  try {
    zeros = tf.zeros([...inputShape]);
    const result = run(zeros);
    const { shape } = result;
    result.dispose();
    return shape;
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    const what = messageOf(cause);
    if (/not part of graph|not found in the graph/.test(what)) {
      throw new OptionError(`${file}: input and output must be names of nodes: ${what}`, { cause });
    }
    if (/executeAsync|dynamic op/.test(what)) {
      throw new WeightsError(
        `${file} has operations that only run asynchronously, which a stage cannot: choose an input after them, or an output before them (${what})`,
        { cause },
      );
    }
    throw new WeightsError(`${file} cannot be run on ${describeShape(inputShape)}: ${what}`, { cause });
  } finally {
    zeros?.dispose();
  }
}
