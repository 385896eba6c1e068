import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import type { PreprocessOptions } from '../../preprocess/preprocess.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import { flatten } from '../../stages/flatten.ts';
import { pipeline, type Pipeline } from '../../stages/pipeline.ts';
import { reshape } from '../../stages/reshape.ts';
import type { Task } from '../../tasks/task.ts';
import { fittingLabels } from '../labels.ts';
import type { LastOperation } from '../last-operation.ts';
import type { Model } from '../model.ts';
import { warnOfModel } from '../model-warning.ts';
import { outputMeaning, type OutputKind, type OutputKindOptions } from '../output-kind.ts';
import type { ReadOptions } from './model-reader.ts';

/** What a reader has found in a model file and beside it. */
export interface FoundModel {
  /** The model's name in messages. */
  readonly file: string;
  readonly net: Pipeline<Tensor4D, Tensor>;
  readonly last: LastOperation;
  /** What the files state besides the network. */
  readonly stated?: StatedByFiles | undefined;
}

/** What the files of a model state besides its network. */
export interface StatedByFiles extends OutputKindOptions {
  readonly labels?: readonly string[] | undefined;
  /** Whether it is an export of Teachable Machine, whose models take pixels from −1 to 1. */
  readonly teachable?: boolean;
}

/**
 * Makes a model of a network: how pictures are prepared, what the output means, and its labels. Options come before what the
 * files state. Throws `OptionError` for a network that does not take pictures, or whose output has no meaning.
 */
export function toModel(given: FoundModel, options: ReadOptions): Model<object, object> {
  const found = { ...given, net: withChannel(given.net) };
  const { file, net, stated } = found;
  const preprocess = preprocessOf(file, net, options, stated?.teachable ?? false);
  return { name: net.name, preprocess, ...withMeaning(found, options) };
}

/** The network with the task that its output is for, and the labels. Throws `OptionError`. */
export function withMeaning(
  { file, net, last, stated }: FoundModel,
  options: ReadOptions,
): Pick<Model<object, object>, 'pipeline' | 'task' | 'labels'> {
  const { inputShape = [] } = net;
  const labels = options.labels ?? stated?.labels;
  const facts = { file, last, shape: net.outputShape(inputShape), labels, stated };
  const { kind, task, assumption } = outputMeaning(facts, options);
  if (options.classesOnly && options.outputKind === undefined && task.kind !== 'classification') {
    const what = `${file} gives a ${kind} and not classes`;
    throw new OptionError(assumption ?? `${what}: read it with outputKind: '${kind}'`);
  }
  const pipeline = kind === 'vector' ? net : flattened(file, net);
  const shape = pipeline.outputShape(inputShape);
  checkShape(file, task, shape);
  const names = labelsFor(file, kind, shape, labels, options.labels !== undefined);
  if (assumption) warnOfModel(options.onWarning, 'output-kind', assumption);
  return { pipeline, task, labels: names };
}

/** The labels, one for each class. Values and vectors have none. */
function labelsFor(
  file: string,
  kind: OutputKind,
  shape: Shape,
  labels: readonly string[] | undefined,
  areGiven: boolean,
): readonly string[] {
  if (kind === 'value' || kind === 'vector') {
    if (!areGiven) return [];
    throw new OptionError(`${file} gives a ${kind}, which has no labels: leave out labels, or give outputKind`);
  }
  const classes = kind === 'binary' ? 2 : (shape.at(-1) ?? 0);
  if (!labels) return Array.from({ length: classes }, (_, i) => `class ${i}`);
  const [only] = labels;
  if (kind === 'binary' && labels.length === 1 && only !== undefined) return [`not ${only}`, only];
  return fittingLabels(file, labels, classes);
}

/** Throws `OptionError` for an output that does not fit what it is said to be. */
function checkShape(file: string, task: Task, shape: Shape): void {
  try {
    task.reader(undefined).checkShape(shape);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new OptionError(`${file}: ${task.kind} ${error.message}: give another outputKind`, { cause: error });
  }
}

/** Makes the output `[1, numbers]`. Some models give `[1, 1, 1, numbers]`. */
function flattened(file: string, given: Pipeline<Tensor4D, Tensor>): Pipeline<Tensor4D, Tensor> {
  const { inputShape = [], name } = given;
  const output = given.outputShape(inputShape);
  if (output.length < 2 || output.slice(0, -1).some((size) => size !== 1)) {
    throw new OptionError(
      `${file} gives ${describeShape(output)}, not one number for each class: read it with outputKind: 'vector', or process its output yourself with layersModel(…) or graphModel(…)`,
    );
  }
  return output.length === 2 ? given : pipeline({ name, inputShape }, given, flatten());
}

/** A network that takes grey pictures without a channel, `[1, 28, 28]`, and begins by putting their values in a row. */
function withChannel(net: Pipeline<Tensor4D, Tensor>): Pipeline<Tensor4D, Tensor> {
  const { inputShape = [], name, parts } = net;
  const [, height = 0, width = 0] = inputShape;
  const first = parts.find(({ stage: { spec } }) => !(spec.op === 'batchNorm' || spec['activation'] === 'linear'));
  const inRow = first?.stage.spec.op === 'flatten' || first?.stage.spec.op === 'reshape';
  if (inputShape.length !== 3 || !inRow) return net;
  const withoutChannel = reshape({ name: 'withoutChannel', shape: [height, width] });
  return pipeline({ name, inputShape: [1, height, width, 1] }, withoutChannel, net as never);
}

/** Stages that move pixels and leave their values as they are. */
const MOVING: ReadonlySet<string> = new Set(['crop', 'dropout', 'reshape', 'upsample', 'zeroPad']);

/**
 * Whether the first stage that changes the values of pixels is a layer that normalizes them (Rescaling, Normalization). It is
 * imported as a batch normalization without epsilon. Newer Keras models begin with one.
 */
function normalizesPixels({ parts }: Pipeline<Tensor4D, Tensor>): boolean {
  const first = parts
    .map(({ stage }) => stage.spec)
    .find((spec) => !MOVING.has(spec.op) && spec['activation'] !== 'linear');
  return first?.op === 'batchNorm' && first['epsilon'] === 0;
}

/** The preprocessing that the options or the model state, or a default with a warning. */
function preprocessOf(
  file: string,
  net: Pipeline<Tensor4D, Tensor>,
  { normalize, fit = 'cover', onWarning }: ReadOptions,
  teachable: boolean,
): PreprocessOptions {
  const { inputShape = [] } = net;
  const [, height = 0, width = 0, channels = 0] = inputShape;
  if (inputShape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw new OptionError(
      `${file} takes ${describeShape(inputShape)}, not pictures of 1 or 3 channels: read it with layersModel(…) or graphModel(…)`,
    );
  }
  const size = { width, height, fit, channels } as const;
  if (normalize) return { ...size, ...normalize };
  // Before the labels: a metadata.json may be beside any model.
  if (normalizesPixels(net)) return { ...size, range: [0, 255] };
  if (teachable) return { ...size, range: [-1, 1] };
  warnOfModel(
    onWarning,
    'pixel-range',
    `${file} does not state the range of its pixel values, so they are from 0 to 1. Give normalize if the model was trained with other values`,
  );
  return { ...size, range: [0, 1] };
}
