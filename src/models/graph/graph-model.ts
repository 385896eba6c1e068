import type * as tf from '@tensorflow/tfjs-core';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { engineReady } from '../../engines/engine.ts';
import { describeShape, sameButBatch, sizeOf, type Shape } from '../../stage/shape.ts';
import type { Stage } from '../../stage/stage.ts';
import { asyncStage } from '../../stages/async-stage.ts';
import { stage } from '../../stages/define-stage.ts';
import { warnOfModel } from '../model-warning.ts';
import type { ModelSource } from '../tfjs/model-files.ts';
import { openTfjsModel } from '../tfjs/open-tfjs-model.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { floatsIn, notFinite } from '../tfjs/weight-specs.ts';
import type { GraphModelOptions } from './graph-model-options.ts';
import type { GraphOrigin } from './graph-origin.ts';
import type { LoadedGraphModel } from './load-graph.ts';
import type { NamedTensors } from '../../stage/named-tensors.ts';
import type { Probed } from './probe-graph.ts';
import type { NodeRunner } from './run-nodes.ts';

const NAMES: OptionNames<GraphModelOptions> = {
  name: true,
  inputShape: true,
  input: true,
  constants: true,
  state: true,
  output: true,
  maxWork: true,
  signal: true,
  onWarning: true,
};

/**
 * Reads a graph model of TensorFlow.js (a converted SavedModel, or a model of TensorFlow Hub) as one stage. The model is a
 * `model.json` of format `graph-model` with its weight files, in the same places as for {@link layersModel}. The converter
 * runs the model and defines the names of its nodes. It is run once on zeros to find the shape of its output.
 *
 * Needs `@tensorflow/tfjs-converter`, an optional peer dependency. Throws `EngineError` where that is not installed,
 * `OptionError` where an option is needed or names a node that does not exist, and `WeightsError` for a model that is damaged or
 * has operations that the converter does not support. A model with operations that only run asynchronously (loops,
 * `NonMaxSuppression`) is an asynchronous stage, as {@link asyncStage} makes it.
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
  return (await toStage(await openTfjsModel(source, 'graph-model', options.signal), options)).stage;
}

/** @internal The model as a stage that has been run once, and its input's shape. `known`: its sizes where the model leaves them open. */
export async function toStage(
  model: TfjsModel,
  options: GraphModelOptions,
  known?: Shape,
): Promise<{ readonly stage: Stage<tf.Tensor, tf.Tensor | NamedTensors>; readonly inputShape: Shape }> {
  const { file } = model;
  // Pages without graph models do not load these.
  const [{ graphLoader }, { nodeRunner }, { inputShapeOf, probeOnZeros }] = await Promise.all([
    import('./load-graph.ts'),
    import('./run-nodes.ts'),
    import('./probe-graph.ts'),
  ]);
  const { load, comparesBoxes, model: kept } = await graphLoader(model);
  for (const warning of notFinite(file, oddWeights(model))) warnOfModel(options.onWarning, 'weights', warning);
  await engineReady();
  const runnerOf = (loaded: LoadedGraphModel) => nodeRunner(file, loaded, { ...options, comparesBoxes });
  const probe = load();
  try {
    const runner = runnerOf(probe);
    const inputShape = inputShapeOf(file, probe, runner.input, options.inputShape, known);
    const probed = await probeOnZeros(file, runner, inputShape);
    const shapes = Object.entries(probed.outputShapes);
    if (options.output === undefined && shapes.length > 1) {
      const outputs = shapes.map(([name, shape]) => `${name} ${describeShape(shape)}`);
      throw new OptionError(
        `${file} has ${shapes.length} outputs (${outputs.join(', ')}): give output (--output), one or several of them`,
      );
    }
    return { stage: made(kept, options, { load, runnerOf, inputShape, ...probed }), inputShape };
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

/** What a stage is made of. */
interface Made extends Probed {
  readonly load: () => LoadedGraphModel;
  readonly runnerOf: (loaded: LoadedGraphModel) => NodeRunner;
  readonly inputShape: Shape;
}

function made(
  model: TfjsModel,
  // The options of `importModel` come here, too, and not all of them can be posted.
  { name, input, constants, state, output, maxWork }: GraphModelOptions,
  { load, runnerOf, inputShape, outputShapes, isAsynchronous }: Made,
): Stage<tf.Tensor, tf.Tensor | NamedTensors> {
  const { file, weights } = model;
  const origin: GraphOrigin = { model, options: { name, inputShape, input, constants, state, output, maxWork } };
  const parameters = [...weights.values()].reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0);
  const [outputShape = []] = Object.values(outputShapes);
  const described = {
    spec: { op: 'graphModel', name, model: file.split('/').at(-1), output },
    origin,
    outputShape(input: Shape) {
      if (sameButBatch(input, inputShape)) return outputShape;
      throw new ShapeError(`takes ${describeShape(inputShape)}, but got ${describeShape(input)}`);
    },
    outputShapes: typeof output === 'object' ? () => outputShapes : undefined,
    parameterCount: () => parameters,
  };
  if (isAsynchronous) {
    return asyncStage<tf.Tensor, tf.Tensor | NamedTensors>({
      ...described,
      variesInShape: true,
      kernel() {
        const loaded = load();
        const run = runnerOf(loaded).begin();
        return {
          run: (x, label) => run.later(x, label),
          dispose() {
            run.dispose();
            loaded.dispose();
          },
        };
      },
    });
  }
  return stage<tf.Tensor, tf.Tensor | NamedTensors>({
    ...described,
    stateless: state === undefined,
    kernel(_input, _weights, own) {
      const loaded = load();
      for (const tensor of Object.values(loaded.weights).flat()) own(tensor);
      const { run, dispose } = runnerOf(loaded).begin();
      return { run, dispose };
    },
    // The converter and `tf.tidy` free the tensors that the graph creates.
    clean: false,
  });
}
