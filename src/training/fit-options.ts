import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { isA } from '../errors/is-a.ts';
import { checkModel } from '../models/infer.ts';
import type { Model } from '../models/model.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import { tensorForm } from '../preprocess/to-tensor.ts';
import { count, wholeSeed } from '../stage/arguments.ts';
import type { Shape } from '../stage/shape.ts';
import { shapesThrough } from '../stage/shapes-through.ts';
import type { Weight } from '../stage/weights.ts';
import { rightFor } from './accuracy.ts';
import { lossFor, objectiveOf, type Loss, type Objective } from './objective.ts';
import { checkEarlyStopping, type EarlyStopping } from './early-stopping.ts';
import type { Examples } from './examples/example.ts';
import { knownLength } from './examples/example-stream.ts';
import type { Preparation } from './examples/inputs.ts';
import { learningRateOf, type LearningRate, type TrainingTime } from './learning-rate.ts';
import { TARGET_KINDS, targetRows } from './losses/targets.ts';
import { ruleOf, type Optimizer } from './optimizers/optimizer.ts';
import type { Rule } from './optimizers/rule.ts';
import { trainedStages, type Trainable } from './trained-stages.ts';

/** Options of {@link fit}. */
export interface FitOptions<T extends object = object, O extends object = object> {
  /** How often the model sees all examples. Default 1. */
  readonly epochs?: number;
  /** How many examples make one step. Default 32. */
  readonly batchSize?: number;
  /** How gradients change the weights: `sgd`, `momentum`, `adam` or `adamw`, or one of them with settings. Default `adam`. */
  readonly optimizer?: Optimizer | Optimizer['name'];
  /** The size of the steps: a number, a schedule, or a function. Default 0.001. */
  readonly learningRate?: LearningRate;
  /**
   * What is made small: a stage such as `crossEntropy({ labelSmoothing: 0.1 })`. Default: for classes that exclude each other and for
   * actions `crossEntropy()`, for others `binaryCrossEntropy()`, for regression `meanSquaredError()`.
   */
  readonly loss?: Loss;
  /** Which stages are trained: their names, or how many of the last ones that have weights. The others stay as they are. Default: all. */
  readonly trainable?: Trainable;
  /** Examples to measure the model with at the end of each epoch. It does not learn from them. */
  readonly validation?: Examples<T, O>;
  /**
   * From how many examples the next one is drawn at random. They are kept in memory as inputs of the model. 1 keeps the order of the
   * examples. Default 1000, or as many as take 256 MB.
   */
  readonly shuffle?: number;
  /** The seed of everything that is random: the order of the examples, and dropout. A whole number. Default 1. */
  readonly seed?: number;
  /** Ends the training when it brings nothing more. Default: all epochs are run. */
  readonly earlyStopping?: EarlyStopping;
  /** Gets the state of the training at the end of each epoch, to go on from it later. The next epoch waits for the promise. */
  readonly checkpoint?: (bytes: Uint8Array) => void | Promise<void>;
  /** The last bytes that `checkpoint` was given: the training goes on with the epoch after. */
  readonly resume?: Uint8Array;
}

const NAMES: OptionNames<FitOptions> = {
  epochs: true,
  batchSize: true,
  optimizer: true,
  learningRate: true,
  loss: true,
  trainable: true,
  validation: true,
  shuffle: true,
  seed: true,
  earlyStopping: true,
  checkpoint: true,
  resume: true,
};

/** The most memory that the default of `shuffle` takes, in bytes. */
const SHUFFLE_BYTES = 256 * 2 ** 20;

/** A training that is ready to start: the options, checked, and what follows from the model. */
export interface Training<T extends object = object, O extends object = object> {
  readonly epochs: number;
  readonly batchSize: number;
  readonly rule: Rule;
  readonly rateAt: (at: TrainingTime) => number;
  readonly objective: Objective;
  readonly trained: ReadonlySet<string>;
  readonly weights: Readonly<Record<string, Weight>>;
  readonly preparation: Preparation;
  readonly examples: Examples<T, O>;
  /** How many steps an epoch has, where that is known beforehand. */
  readonly stepsPerEpoch: number | undefined;
  readonly validation: Examples<T, O> | undefined;
  readonly shuffle: number;
  readonly seed: number;
  readonly earlyStopping: Required<EarlyStopping> | undefined;
  readonly checkpoint: FitOptions['checkpoint'];
  readonly resume: Uint8Array | undefined;
}

/** What refuses a target that the outputs of a model can't have. A loss of one's own may take any. */
function targetCheck({ parts, loss }: Objective, input: Shape): Preparation['checkTarget'] {
  const kind = TARGET_KINDS[loss.spec.op];
  if (kind === undefined) return undefined;
  const [, ...sizes] = shapesThrough(parts, input).at(-1) ?? input;
  const outputs = sizes.reduce((a, b) => a * b, 1);
  return (label) => void targetRows(loss.name, kind, [1, outputs], label);
}

/** Checks a model and options, before anything is computed. Throws `OptionError`, `ShapeError` and `WeightsError`. */
export function trainingOf<T extends object, O extends object>(
  model: Model<T, O>,
  examples: Examples<T, O>,
  options: FitOptions<T, O>,
): Training<T, O> {
  checkModel('fit', model);
  checkOptions('fit', options, NAMES);
  const { epochs = 1, batchSize = 32, optimizer = 'adam', learningRate = 1e-3, seed = 1, resume } = options;
  const { width, height } = model.preprocess;
  const shape: Shape = model.pipeline.inputShape ?? tensorForm('fit', model.preprocess).shape(height, width);
  count('fit', 'epochs', epochs);
  count('fit', 'batchSize', batchSize);
  wholeSeed('fit', seed);
  if (options.checkpoint !== undefined && typeof options.checkpoint !== 'function') {
    throw new OptionError(`fit: checkpoint must be a function, not ${describeValue(options.checkpoint)}`);
  }
  if (resume !== undefined && !isA('Uint8Array', resume)) {
    throw new OptionError(`fit: resume must be the bytes that checkpoint was given, not ${describeValue(resume)}`);
  }
  const bytes = 4 * shape.reduce((a, b) => a * b, 1);
  const shuffle = options.shuffle ?? Math.max(1, Math.min(1000, Math.floor(SHUFFLE_BYTES / bytes)));
  const { parts } = model.pipeline;
  const objective = objectiveOf('fit', parts, options.loss ?? lossFor('fit', model.task.spec));
  const earlyStopping = options.earlyStopping && checkEarlyStopping('fit', options.earlyStopping);
  if (earlyStopping?.monitor === 'accuracy' && !rightFor(objective.loss)) {
    throw new OptionError(
      `fit: earlyStopping can't monitor the accuracy, because ${objective.loss.spec.op} knows no right or wrong: monitor the loss`,
    );
  }
  const length = knownLength(examples);
  return {
    epochs,
    batchSize,
    rule: ruleOf('fit', optimizer),
    rateAt: learningRateOf('fit', learningRate),
    objective,
    trained: trainedStages('fit', parts, shape, options.trainable),
    weights: model.pipeline.weights(shape),
    preparation: {
      checkTarget: targetCheck(objective, shape),
      called: 'fit',
      preprocess: preprocess(model.preprocess),
      shape,
    },
    examples,
    stepsPerEpoch: length === undefined ? undefined : Math.ceil(length / batchSize),
    validation: options.validation,
    shuffle: count('fit', 'shuffle', shuffle),
    seed,
    earlyStopping,
    checkpoint: options.checkpoint,
    resume,
  };
}
