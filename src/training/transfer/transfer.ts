import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { checkModel } from '../../models/infer.ts';
import type { Model } from '../../models/model.ts';
import { tensorForm } from '../../preprocess/to-tensor.ts';
import type { Shape } from '../../stage/shape.ts';
import { shapesThrough } from '../../stage/shapes-through.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { dense } from '../../stages/dense.ts';
import { softmax } from '../../stages/softmax.ts';
import { classification } from '../../tasks/classification/classification.ts';
import { embedding, type Embedding } from '../../tasks/embedding/embedding.ts';
import { cutPlace } from './cut-place.ts';
import { row, toVector } from './features.ts';

/** Options of {@link transfer}. */
export interface TransferOptions {
  /** How many of the last stages with weights are trained: the new one, and those before it that keep their weights at first. Default 1. */
  readonly trainable?: number;
}

const NAMES: OptionNames<TransferOptions> = { trainable: true };

/** A model in two parts: what gives the features of a picture, and a new head that learns from them. */
export interface Transfer {
  /** Pictures → features. It is not trained, so its results can be computed once and kept. */
  readonly features: Model<Embedding, object>;
  /** The shape of the features, `[1, …]`. */
  readonly shape: Shape;
  /** Features → classes. `fit` trains it on tensors of the features' shape. */
  readonly head: Model;
  /** Pictures → classes: the features, and a head that `fit` has trained. */
  readonly whole: (head: Model) => Model;
}

/**
 * Cuts a trained model in two, to teach it other classes with few pictures: the last stage with weights, and what follows, makes way for a
 * dense layer with one output for each of `labels`, whose weights begin at 0, and a softmax. Features that are still pictures `[1, height, width, channels]` are averaged over height
 * and width first. The weights of all other stages stay. A model whose task is `embedding` gives its vector as features.
 *
 * Throws `OptionError` for fewer than two labels, and for a model that has nothing before its last stage with weights, such as one
 * that TensorFlow.js or ONNX Runtime runs as a whole: import it with the layer or node that gives features as `output`.
 *
 * @see {@link fit}, {@link embedding}
 *
 * @example
 * const base = await mobilenetV1();
 * const { features, head, shape } = transfer(base, ['my mug', 'your mug']);
 * console.log(shape, features.pipeline.parts.at(-1)?.name, head.labels.length); // [1, 1024] pool 2
 */
export function transfer(
  base: Model<object, object>,
  labels: readonly string[],
  options: TransferOptions = {},
): Transfer {
  checkModel('transfer', base);
  checkOptions('transfer', options, NAMES);
  const { trainable = 1 } = options;
  const classes = checkClasses(labels);
  const { name, preprocess } = base;
  const input = tensorForm('transfer', preprocess).shape(preprocess.height, preprocess.width);
  const { front, kept } = cutPlace('transfer', base, input, trainable);
  const shapes = shapesThrough([...front, ...kept], input);
  const last = shapes.at(-1) ?? input;
  const vectors = toVector(last);
  // Vectors take less room than pictures, so features are vectors where all stages after them are new.
  const [before, after] = kept.length === 0 ? [vectors, []] : [[], vectors];
  const features = row(`${name}-features`, input, [...front, ...before]);
  const shape = features.outputShape(input);
  const size = vectors.reduce<Shape>((one, stage) => stage.outputShape(one), last).at(-1) ?? 0;
  const fresh = [newLayer(free('head', base), size, classes.length), softmax()] as readonly AnyStage[];
  const head = row(`${name}-head`, shape, [...kept, ...after, ...fresh]);
  const task = classification();
  return {
    features: { name: `${name}-features`, preprocess, pipeline: features, task: embedding(), labels: [] },
    shape,
    head: { name: `${name}-head`, preprocess, pipeline: head, task, labels: classes },
    whole: (trained) => ({
      name,
      preprocess,
      pipeline: row(name, input, [...features.parts, ...trained.pipeline.parts]),
      task,
      labels: trained.labels,
    }),
  };
}

function checkClasses(labels: unknown): readonly string[] {
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) {
    throw new OptionError(`transfer: labels must be a list of names, not ${describeValue(labels)}`);
  }
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw new OptionError(`transfer: two labels are ${describeValue(twice)}`);
  if (labels.length >= 2) return labels;
  throw new OptionError(
    `transfer: a model learns to tell classes apart: give at least two labels, not ${labels.length}`,
  );
}

/**
 * The layer that learns. All its weights begin at 0: of random ones, that part would stay to which the examples say nothing, which with few
 * examples is most of it.
 */
function newLayer(name: string, size: number, units: number): AnyStage {
  const weights = { kernel: new Float32Array(size * units), bias: new Float32Array(units) };
  return dense({ name, units, weights });
}

/** A name that no stage of the model has. */
function free(wanted: string, { pipeline: { parts } }: Model<object, object>): string {
  const names = new Set(parts.map(({ name }) => name));
  let name = wanted;
  for (let i = 2; names.has(name); i++) name = `${wanted}${i}`;
  return name;
}
