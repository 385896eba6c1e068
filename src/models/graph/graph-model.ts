import * as tf from '@tensorflow/tfjs-core';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import { describeValue } from '../../errors/describe-value.ts';
import { engineReady } from '../../engines/engine.ts';
import { EngineError, messageOf, OptionError, ShapeError, WeightsError } from '../../errors/errors.ts';
import { describeShape, sameButBatch, sizeOf, type Shape } from '../../stage/shape.ts';
import type { Stage } from '../../stage/stage.ts';
import { MAX_VALUES } from '../limits.ts';
import type { ModelSource } from '../tfjs/model-files.ts';
import { openTfjsModel } from '../tfjs/open-tfjs-model.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { floatsIn, notFinite } from '../tfjs/weight-specs.ts';
import { NamedTensors } from './named-tensors.ts';
import { stage } from '../../stages/define-stage.ts';

/** Options of {@link graphModel}. */
export interface GraphModelOptions {
  /** Default `graphModel`. */
  readonly name?: string;
  /** Needed where the model leaves its input's size open. */
  readonly inputShape?: Shape;
  /**
   * The node that takes the frames; needed where the model has several inputs. Any node can be it: what the graph does
   * before that node is then left out.
   */
  readonly input?: string;
  /** What the model's other inputs get, by their names: a keep probability, a training flag. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** The node that is wanted, any of the graph's; or several, which come as {@link NamedTensors}. Default: the model's one. */
  readonly output?: string | readonly string[];
  /** Gets what is odd about the model but no error, such as weights that are NaN. Default: `console.warn`. */
  readonly onWarning?: (message: string) => void;
}

/**
 * A graph model of TensorFlow.js (a converted SavedModel, a model of TensorFlow Hub) as one stage: a `model.json` of
 * format `graph-model` with its weights beside it, from the same places as {@link layersModel}. What the model computes
 * and where a node's name comes from is the converter's; it is run once, on zeros, to learn the shape of what it gives.
 *
 * Needs `@tensorflow/tfjs-converter`, an optional peer. Throws `EngineError` where that is missing, `OptionError` where
 * an option is needed or names a node that does not exist, `WeightsError` for a model that is damaged, has operations
 * the converter doesn't know, or can only be run asynchronously (loops, `NonMaxSuppression`): choose an `input`
 * behind these, or an `output` before them.
 *
 * @see {@link importModel}, {@link layersModel}, {@link NamedTensors}
 *
 * @example
 * const detector = new URL('coco-ssd/model.json', import.meta.url);
 * await graphModel(detector, { inputShape: [1, 300, 300, 3] }).catch((error) => console.log(error.code)); // weights
 */
export function graphModel(
  source: ModelSource,
  options: GraphModelOptions & { readonly output: readonly string[] },
): Promise<Stage<tf.Tensor, NamedTensors>>;
export function graphModel(source: ModelSource, options?: GraphModelOptions): Promise<Stage<tf.Tensor, tf.Tensor>>;
export async function graphModel(
  source: ModelSource,
  options: GraphModelOptions = {},
): Promise<Stage<tf.Tensor, tf.Tensor | NamedTensors>> {
  return (await toStage(await openTfjsModel(source, 'graph-model'), options)).stage;
}

/** @internal The stage a model is, tried out once, and the shape it takes. */
export async function toStage(
  model: TfjsModel,
  options: GraphModelOptions,
): Promise<{ readonly stage: Stage<tf.Tensor, tf.Tensor | NamedTensors>; readonly inputShape: Shape }> {
  const load = await loader(model);
  // eslint-disable-next-line no-console -- where nobody listens, a warning must still be seen
  for (const warning of notFinite(model.file, oddWeights(model))) (options.onWarning ?? console.warn)(warning);
  await engineReady();
  const probe = load();
  try {
    const run = runner(model.file, probe, options);
    const inputShape = inputShapeOf(model.file, probe, run.input, options.inputShape);
    const outputShape = shapeOnZeros(model.file, run, inputShape);
    return { stage: made(model, options, load, inputShape, outputShape), inputShape };
  } finally {
    probe.dispose();
  }
}

/** The names of those that hold NaN or infinity. */
function oddWeights({ file, weights }: TfjsModel): string[] {
  const floats = [...weights.values()].filter(({ spec }) => spec.dtype.startsWith('float'));
  const odd = floats.filter((stored) => !floatsIn(file, stored).data.every((value) => Number.isFinite(value)));
  return odd.map(({ spec }) => spec.name);
}

type Loaded = GraphModel<tf.io.IOHandlerSync>;

/** The model on one backend, with its weights there. */
interface Run {
  readonly input: string;
  (x: tf.Tensor): tf.Tensor | NamedTensors;
}

function made(
  { file, weights }: TfjsModel,
  options: GraphModelOptions,
  load: () => Loaded,
  inputShape: Shape,
  outputShape: Shape,
): Stage<tf.Tensor, tf.Tensor | NamedTensors> {
  const { name, output } = options;
  const parameters = [...weights.values()].reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0);
  return stage<tf.Tensor, tf.Tensor | NamedTensors>({
    spec: { op: 'graphModel', name, model: file.split('/').at(-1), output },
    outputShape(input) {
      if (sameButBatch(input, inputShape)) return outputShape;
      throw new ShapeError(`takes ${describeShape(inputShape)}, but got ${describeShape(input)}`);
    },
    parameterCount: () => parameters,
    kernel(_input, _weights, own) {
      const model = load();
      for (const tensor of Object.values(model.weights).flat()) own(tensor);
      return runner(file, model, options);
    },
    // What the graph makes on its way is freed by the converter, and by the tidy around this.
    clean: false,
  });
}

/** Loads the converter once, and the model anew each time it is asked for. */
async function loader({ file, json, weights }: TfjsModel): Promise<() => Loaded> {
  const { loadGraphModelSync } = await converter();
  const stored = [...weights.values()];
  const weightData = new Uint8Array(stored.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of stored) {
    weightData.set(bytes, at);
    at += bytes.length;
  }
  const artifacts = {
    ...json,
    modelTopology: json['modelTopology'] as object,
    weightSpecs: stored.map(({ spec }) => spec as unknown as tf.io.WeightsManifestEntry),
    weightData: weightData.buffer,
  };
  return () => {
    let model: Loaded | undefined;
    try {
      // A model that fails half-way leaves the weights it had made to the tidy.
      tf.tidy(() => {
        model = loadGraphModelSync(artifacts);
        Object.values(model.weights)
          .flat()
          .forEach((tensor) => tf.keep(tensor));
      });
      return model as unknown as Loaded;
    } catch (cause) {
      throw new WeightsError(`${file} can't be loaded: ${messageOf(cause)}`, { cause });
    }
  };
}

async function converter() {
  try {
    return await import('@tensorflow/tfjs-converter');
  } catch (cause) {
    throw new EngineError(
      `graph models are run by @tensorflow/tfjs-converter, which is not here: npm install @tensorflow/tfjs-converter (${messageOf(cause)})`,
      { cause },
    );
  }
}

function runner(file: string, model: Loaded, { input, output, constants = {} }: GraphModelOptions): Run {
  const inputs = model.inputs.map(({ name }) => name);
  const open = inputs.filter((name) => !Object.hasOwn(constants, name));
  const takes = input ?? open[0];
  if (takes === undefined || (input === undefined && open.length > 1)) {
    throw new OptionError(
      `${file} has ${inputs.length} inputs (${inputs.join(', ')}): give input, and constants for the others`,
    );
  }
  // From a node inside on, it is for the converter to say what else is needed.
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
  const run = (x: tf.Tensor) =>
    tf.tidy(() => {
      const fixed = Object.entries(constants).map(([name, value]) => [
        name,
        tf.scalar(value, types.get(name) as 'int32'),
      ]);
      const results = [
        model.execute({ ...Object.fromEntries(fixed), [takes]: tf.cast(x, dtype) } as tf.NamedTensorMap, [...wanted]),
      ].flat();
      // A node may hand on its input or a weight as it is.
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

function inputShapeOf(file: string, model: Loaded, input: string, given: Shape | undefined): Shape {
  const declared = model.inputs
    .find(({ name }) => name === input)
    ?.shape?.map((size, i) => (i === 0 && size < 0 ? 1 : size));
  if (!given && (!declared || declared.some((size) => size < 0))) {
    const says = declared
      ? `leaves the size of ${input} open (${describeShape(declared)})`
      : `does not say the shape of ${input}`;
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

function shapeOnZeros(file: string, run: Run, inputShape: Shape): Shape {
  let zeros: tf.Tensor | undefined;
  try {
    zeros = tf.zeros([...inputShape]);
    const result = run(zeros);
    const { shape } = result;
    result.dispose();
    return shape;
  } catch (cause) {
    const what = messageOf(cause);
    if (/not part of graph|not found in the graph/.test(what)) {
      throw new OptionError(`${file}: input and output must be names of nodes: ${what}`, { cause });
    }
    if (/executeAsync|dynamic op/.test(what)) {
      throw new WeightsError(
        `${file} has operations that only run asynchronously, which a stage can't: choose an input after them, or an output before them (${what})`,
        { cause },
      );
    }
    throw new WeightsError(`${file} can't be run on ${describeShape(inputShape)}: ${what}`, { cause });
  } finally {
    zeros?.dispose();
  }
}
