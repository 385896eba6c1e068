import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError } from '../../errors/errors.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import { outputShapesThrough } from '../../stage/shapes-through.ts';
import { flatten } from '../../stages/flatten.ts';
import { pipeline, type Pipeline } from '../../stages/pipeline.ts';
import { reshape } from '../../stages/reshape.ts';
import { lastOperation } from '../last-operation.ts';
import { fittingLabels, numberedLabels } from '../labels.ts';
import type { Model } from '../model.ts';
import { warnOfModel } from '../model-warning.ts';
import { OUTPUT_KINDS, outputMeaning, type OutputKind } from '../output-kind.ts';
import { preparationOf } from '../preparation.ts';
import type { ReadOptions } from './model-reader.ts';
import { checkShape } from './check-shape.ts';
import type { FoundModel } from './found-model.ts';
import { severalMeanings } from './several-outputs.ts';
import { taskAsKind, withTask } from './with-task.ts';

/**
 * Makes a model of a network: how pictures are prepared, what the output means, and its labels. Options come before what the
 * files state. Throws `OptionError` for a network that does not take pictures, or whose output has no meaning.
 */
export function toModel(given: FoundModel, options: ReadOptions): Model<object, object> {
  const found = { ...given, net: withChannel(given.net) };
  const { file, net, scaling, stated } = found;
  const teachable = stated?.teachable ?? false;
  const preprocess = preparationOf({ file, net, scaling, stated: stated?.preparation, teachable }, options);
  for (const remark of stated?.remarks ?? []) warnOfModel(options.onWarning, 'metadata', remark);
  return { name: net.name, preprocess, ...withMeaning(found, options) };
}

/** The network with the task that its output is for, and the labels. Throws `OptionError`. */
export function withMeaning(
  found: FoundModel,
  given: ReadOptions,
): Pick<Model<object, object>, 'pipeline' | 'task' | 'labels'> {
  const { file, net, last, stated } = found;
  const { inputShape = [] } = net;
  const options = taskAsKind(found, given);
  if (options.task) return withTask(found, options.task, options);
  const shapes = outputShapesThrough(net.parts, inputShape);
  if (shapes) return severalMeanings(found, shapes, options);
  const { outputKind } = options;
  if (typeof outputKind === 'object') {
    throw new OptionError(`${file} has one output, so outputKind must be one of ${OUTPUT_KINDS.join(', ')}`);
  }
  const labels = options.labels ?? stated?.labels;
  const facts = {
    ...{ file, labels, stated, shape: net.outputShape(inputShape) },
    last: last?.(undefined) ?? lastOperation(net.parts, undefined),
  };
  const { kind, task, assumption } = outputMeaning(facts, {
    ...(outputKind === undefined ? {} : { outputKind }),
    ...(options.fromLogits === undefined ? {} : { fromLogits: options.fromLogits }),
  });
  if (options.classesOnly && options.outputKind === undefined && task.kind !== 'classification') {
    const what = `${file} gives a ${kind} and not classes`;
    throw new OptionError(assumption ?? `${what}: read it with outputKind: '${kind}'`);
  }
  const pipeline = kind === 'vector' ? net : flattened(file, net);
  const shape = pipeline.outputShape(inputShape);
  checkShape(file, task, shape);
  const names = labelsFor(file, kind, shape, labels, options);
  if (assumption) warnOfModel(options.onWarning, 'output-kind', assumption);
  return { pipeline, task, labels: names };
}

/** The labels, one for each class. Values and vectors have none. */
function labelsFor(
  file: string,
  kind: OutputKind,
  shape: Shape,
  labels: readonly string[] | undefined,
  options: ReadOptions,
): readonly string[] {
  if (kind === 'value' || kind === 'vector') {
    if (options.labels === undefined) return [];
    throw new OptionError(`${file} gives a ${kind}, which has no labels: leave out labels, or give outputKind`);
  }
  const classes = kind === 'binary' ? 2 : (shape.at(-1) ?? 0);
  if (!labels) return numberedLabels(file, classes, options.onWarning);
  const [only] = labels;
  if (kind === 'binary' && labels.length === 1 && only !== undefined) return [`not ${only}`, only];
  return fittingLabels(file, labels, classes, options.onWarning);
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
