import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
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
  /** The stage's name. Default `graphModel`. */
  readonly name?: string;
  /** The input's shape. Needed where the model does not declare its input's size. */
  readonly inputShape?: Shape;
  /**
   * The node that takes the frames. Needed where the model has several inputs. It can be any node: operations before it are
   * then not run.
   */
  readonly input?: string;
  /** The values of the model's other inputs by name, for example a keep probability or a training flag. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** The node whose value is the output, which can be any node; or several nodes, whose values are {@link NamedTensors}. Default: the model's output, if it has only one. */
  readonly output?: string | readonly string[];
  /** Called with a warning about the model, for example that weights are NaN. Default: `console.warn`. */
  readonly onWarning?: (message: string) => void;
}

const NAMES: OptionNames<GraphModelOptions> = {
  name: true,
  inputShape: true,
  input: true,
  constants: true,
  output: true,
  onWarning: true,
};

/**
 * Reads a graph model of TensorFlow.js (a converted SavedModel, or a model of TensorFlow Hub) as one stage. The model is a
 * `model.json` of format `graph-model` with its weight files, in the same places as for {@link layersModel}. The converter
 * runs the model and defines the names of its nodes. It is run once on zeros to find the shape of its output.
 *
 * Needs `@tensorflow/tfjs-converter`, an optional peer dependency. Throws `EngineError` where that is not installed,
 * `OptionError` where an option is needed or names a node that does not exist, and `WeightsError` for a model that is damaged,
 * has operations that the converter does not support, or can only run asynchronously (loops, `NonMaxSuppression`): choose an
 * `input` after these operations, or an `output` before them.
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
  checkOptions('graphModel', options, NAMES);
  return (await toStage(await openTfjsModel(source, 'graph-model'), options)).stage;
}

/** @internal The model as a stage that has been run once, and its input's shape. */
export async function toStage(
  model: TfjsModel,
  options: GraphModelOptions,
): Promise<{ readonly stage: Stage<tf.Tensor, tf.Tensor | NamedTensors>; readonly inputShape: Shape }> {
  const load = await loader(model);
  // eslint-disable-next-line no-console -- the default for warnings
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

/** The names of weights that contain NaN or infinity. */
function oddWeights({ file, weights }: TfjsModel): string[] {
  const floats = [...weights.values()].filter(({ spec }) => spec.dtype.startsWith('float'));
  const odd = floats.filter((stored) => !floatsIn(file, stored).data.every((value) => Number.isFinite(value)));
  return odd.map(({ spec }) => spec.name);
}

type Loaded = GraphModel<tf.io.IOHandlerSync>;

/** Runs the model, whose weights are on the current backend. */
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
    stateless: true,
    kernel(_input, _weights, own) {
      const model = load();
      for (const tensor of Object.values(model.weights).flat()) own(tensor);
      return runner(file, model, options);
    },
    // The converter and `tf.tidy` free the tensors that the graph creates.
    clean: false,
  });
}

/** Loads the converter; returns a function that loads the model each time it is called. */
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
      // If loading fails half-way, `tf.tidy` frees the weights created so far.
      tf.tidy(() => {
        model = loadGraphModelSync(artifacts);
        Object.values(model.weights)
          .flat()
          .forEach((tensor) => tf.keep(tensor));
      });
      return model as unknown as Loaded;
    } catch (cause) {
      throw new WeightsError(`${file} cannot be loaded: ${messageOf(cause)}`, { cause });
    }
  };
}

async function converter() {
  try {
    return await import('@tensorflow/tfjs-converter');
  } catch (cause) {
    throw new EngineError(
      `graph models need @tensorflow/tfjs-converter, which is not installed: npm install @tensorflow/tfjs-converter (${messageOf(cause)})`,
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
  const run = (x: tf.Tensor) =>
    tf.tidy(() => {
      const fixed = Object.entries(constants).map(([name, value]) => [
        name,
        tf.scalar(value, types.get(name) as 'int32'),
      ]);
      const results = [
        model.execute({ ...Object.fromEntries(fixed), [takes]: tf.cast(x, dtype) } as tf.NamedTensorMap, [...wanted]),
      ].flat();
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

function inputShapeOf(file: string, model: Loaded, input: string, given: Shape | undefined): Shape {
  const declared = model.inputs
    .find(({ name }) => name === input)
    ?.shape?.map((size, i) => (i === 0 && size < 0 ? 1 : size));
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
        `${file} has operations that only run asynchronously, which a stage cannot: choose an input after them, or an output before them (${what})`,
        { cause },
      );
    }
    throw new WeightsError(`${file} cannot be run on ${describeShape(inputShape)}: ${what}`, { cause });
  } finally {
    zeros?.dispose();
  }
}
