import * as tf from '@tensorflow/tfjs-core';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { workLimit } from '../check-work.ts';
import { MAX_BOXES } from '../limits.ts';
import { chooseNodes } from './choose-nodes.ts';
import { hasFixedSizes } from './fixed-sizes.ts';
import type { Constant, GraphModelOptions } from './graph-model-options.ts';
import { nodeName } from './graph-nodes.ts';
import { guarded, guardedAsync } from './guard-kernels.ts';
import type { LoadedGraphModel } from './load-graph.ts';
import { NamedTensors } from '../../stage/named-tensors.ts';

/** Runs a loaded model on frames, for the nodes that the options name. */
export interface NodeRunner {
  /** The node that takes the frames. */
  readonly input: string;
  /** The nodes whose values are the outputs. Several are `NamedTensors`. */
  readonly outputs: readonly string[];
  /** Begins a run, which may keep state from frame to frame. */
  begin(): NodeRun;
}

/** A run over the frames of one subscription. */
export interface NodeRun {
  /** Throws for a model with operations that only run asynchronously. */
  readonly run: (x: tf.Tensor, label?: FrameLabel) => tf.Tensor | NamedTensors;
  /** Runs any model. */
  readonly later: (x: tf.Tensor, label?: FrameLabel) => Promise<tf.Tensor | NamedTensors>;
  readonly dispose: () => void;
}

/** Makes what runs a model. `comparesBoxes` says whether it has NonMaxSuppression. Throws `OptionError`. */
export function nodeRunner(
  file: string,
  model: LoadedGraphModel,
  options: GraphModelOptions & { readonly comparesBoxes: boolean },
): NodeRunner {
  const { output, constants = {}, maxWork, comparesBoxes } = options;
  const { input, outputs, state } = chooseNodes(file, model, options);
  const wanted = [...outputs, ...state.map(([, from]) => from)];
  const most = workLimit(file, maxWork);
  const declared = new Map(model.inputs.map((node) => [node.name, node]));
  const dtype = declared.get(input)?.dtype === 'int32' ? 'int32' : 'float32';
  const declaredBatch = Math.max(1, declared.get(input)?.shape?.[0] ?? 1);
  const limitsFor = (x: tf.Tensor) => ({
    most,
    frames: Math.max(1, (x.shape[0] ?? 1) / declaredBatch),
    maxBoxes: comparesBoxes ? MAX_BOXES : undefined,
  });
  /** The first value of an input that is not a frame: the constant, else zeros of the declared shape. */
  const initial = (name: string) => {
    const { shape, dtype: type } = declared.get(name) ?? {};
    return constantOf(Object.hasOwn(constants, name) ? constants[name] : 0, shape, type);
  };
  const fixed = Object.keys(constants).filter((name) => !state.some(([to]) => to === name));
  // A list stays a list, also of one.
  const isSeveral = typeof output === 'object' || outputs.length > 1;
  const named = (tensors: readonly tf.Tensor[]) =>
    isSeveral
      ? new NamedTensors(Object.fromEntries(outputs.map((name, i) => [name, tensors[i] as tf.Tensor])))
      : (tensors[0] as tf.Tensor);
  const isFixed = hasFixedSizes(model, new Set([input, ...state.map(([to]) => to)].map(nodeName)));
  /** The shapes of the inputs of the last run that was watched. If sizes follow from them, no other run with them needs it. */
  let watched: string | undefined;
  const execute = (x: tf.Tensor, all: tf.NamedTensorMap): readonly tf.Tensor[] => {
    const run = () => [model.execute(all, wanted)].flat();
    const shapes = isFixed ? shapesOf(all) : undefined;
    if (shapes !== undefined && shapes === watched) return run();
    const results = guarded(file, limitsFor(x), run);
    watched = shapes;
    return results;
  };
  const begin = (): NodeRun => {
    let kept: Readonly<Record<string, tf.Tensor>> | undefined;
    let source: string | undefined;
    const forget = () => {
      tf.dispose(kept ?? {});
      kept = undefined;
    };
    /** What the nodes take for a frame, and which of it lasts for this frame only. */
    const given = (x: tf.Tensor, label: FrameLabel | undefined) => {
      // The frames of another source do not follow those before.
      if (label?.source !== source) forget();
      source = label?.source;
      kept ??= Object.fromEntries(state.map(([to]) => [to, tf.keep(initial(to))]));
      const own = { ...Object.fromEntries(fixed.map((name) => [name, initial(name)])), [input]: tf.cast(x, dtype) };
      return { all: { ...kept, ...own }, own };
    };
    /** Keeps the state for the next frame, and returns the outputs. A clone is nobody's input or weight. */
    const taken = (results: readonly tf.Tensor[]) => {
      const own = results.map((result) => result.clone());
      if (state.length > 0) forget();
      kept = Object.fromEntries(state.map(([to], i) => [to, tf.keep(own[outputs.length + i] as tf.Tensor)]));
      return own.slice(0, outputs.length);
    };
    return {
      run(x, label) {
        return named(
          tf.tidy(() => {
            const { all } = given(x, label);
            return taken(execute(x, all));
          }),
        );
      },
      async later(x, label) {
        const { all, own } = given(x, label);
        try {
          const results = [await guardedAsync(file, limitsFor(x), model, () => model.executeAsync(all, wanted))].flat();
          const value = taken(results);
          // A node may give its input or a weight itself.
          const lasting = new Set([...Object.values(model.weights).flat(), ...Object.values(all)]);
          tf.dispose(results.filter((result) => !lasting.has(result)));
          return named(value);
        } finally {
          tf.dispose(own);
        }
      },
      dispose: forget,
    };
  };
  return { input, outputs, begin };
}

function shapesOf(tensors: tf.NamedTensorMap): string {
  return Object.values(tensors)
    .map(({ shape }) => shape.join('×'))
    .join(', ');
}

/** A constant as a tensor. A single value fills the shape that its input declares, where 1 stands for a size that is open. */
function constantOf(
  value: Constant | undefined,
  shape: readonly number[] | undefined,
  dtype: tf.DataType | undefined,
): tf.Tensor {
  if (typeof value === 'object') return tf.tensor(value as number[], undefined, dtype);
  const sizes = (shape ?? []).map((size) => Math.max(1, size));
  return tf.fill(sizes, (dtype === 'bool' ? Boolean(value) : Number(value)) as number, dtype);
}
