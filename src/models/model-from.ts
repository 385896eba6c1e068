import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError, WeightsError } from '../errors/errors.ts';
import { isA } from '../errors/is-a.ts';
import { checkWork } from './check-work.ts';
import { checkLabels, loadLabels } from './labels.ts';
import { MAX_JSON } from './limits.ts';
import { describeUrl, loadBytes } from './load-bytes.ts';
import { readerOf } from './infer.ts';
import type { Model } from './model.ts';
import type { Classification, ClassificationOptions } from '../tasks/classification/class-scores.ts';
import { classification } from '../tasks/classification/classification.ts';
import type { Task, TaskSpec } from '../tasks/task.ts';
import { readSafetensors } from './safetensors.ts';
import { hasTorchNames, withOwnWeights } from './with-safetensors.ts';
import { withSeed } from './with-seed.ts';

/** The sources of a model's weights and labels, and its task. */
export interface ModelFiles<T extends object = Classification, O extends object = ClassificationOptions> {
  /**
   * A safetensors file: its URL, or its bytes, which must not change afterwards. Its weights are named `<stage>/<weight>`, or as
   * torchvision and timm name those of a network that sluice has, too (see `withTorchWeights`).
   */
  readonly weights?: URL | Uint8Array;
  /** The seed of random weights, a whole number of at least 0. Use it instead of `weights`. */
  readonly seed?: number;
  /** One name per class: a list, or the URL of a file that `readLabels` reads. Default: `class 0`, `class 1` …; with `seed` `untrained: no labels` for every class. */
  readonly labels?: URL | readonly string[];
  /**
   * What the outputs mean. Default: `classification()`. The labels are then those that the task needs: by default none, but for a
   * classification.
   */
  readonly task?: Task<T, O>;
  /**
   * The most work that one frame may take: multiply-adds or visits of values, estimated before anything is computed. A model
   * that takes more is refused, because nothing can end a stage while it computes. Default 1e13; VGG16 takes 1.6e10.
   */
  readonly maxWork?: number | undefined;
  /** Ends the loading, which then rejects with a `SourceError` of the code `interrupted`. */
  readonly signal?: AbortSignal | undefined;
}

const NAMES: OptionNames<ModelFiles> = {
  weights: true,
  seed: true,
  labels: true,
  task: true,
  maxWork: true,
  signal: true,
};

/** A network that a file of weights with PyTorch's names may be for, and how pictures are prepared for it. */
export interface ModelVariant {
  /** The network, with the name by which sluice knows that it takes such weights. */
  readonly pipeline: Model['pipeline'];
  /** How pictures are prepared. */
  readonly preprocess: Model['preprocess'];
}

/** The label of every class of a model with random weights: its scores say nothing about the picture. */
const UNTRAINED = 'untrained: no labels';

/**
 * Makes a model from a pipeline, of classes unless `task` says otherwise. The weights are those of a file, random ones, or those that its stages have.
 *
 * If the file names its weights as PyTorch does, the model is that of the `variants`, or the pipeline itself, that they are for.
 *
 * Throws `OptionError` with both `weights` and `seed`, and with neither where stages lack weights. Throws `WeightsError` for a file that is missing or
 * damaged, does not fit the pipeline, or takes more work than `maxWork`.
 *
 * @see {@link importModel}, {@link readModel}
 *
 * @example
 * const net = pipeline({ name: 'tiny', inputShape: [1, 8, 8, 3] }, globalAvgPool(), dense({ units: 2 }), softmax());
 * const tiny = await modelFrom(net, { width: 8, height: 8, range: [0, 1] }, { seed: 1 });
 * console.log(tiny.labels); // ['untrained: no labels', 'untrained: no labels']
 */
export async function modelFrom<T extends object = Classification, O extends object = ClassificationOptions>(
  pipeline: Model['pipeline'],
  preprocess: Model['preprocess'],
  files: ModelFiles<T, O> = {},
  variants: readonly ModelVariant[] = [],
): Promise<Model<T, O>> {
  checkOptions(pipeline.name, files, NAMES);
  checkWork(pipeline.name, pipeline, files.maxWork);
  const weighted = await withWeightsOf([...variants, { pipeline, preprocess }], files);
  checkTask(pipeline.name, files.task);
  // Where no task is given, T is Classification.
  const task = files.task ?? (classification() as unknown as Task<T, O>);
  const model = {
    name: weighted.pipeline.name,
    ...weighted,
    task,
    labels: await labelsOf(weighted.pipeline, task.spec, files),
  };
  if (files.task) readerOf('modelFrom', model);
  return model;
}

/** Throws `OptionError` for what is no task. */
export function checkTask(called: string, task: unknown): void {
  if (task === undefined || (typeof task === 'object' && task !== null && 'reader' in task)) return;
  throw new OptionError(`${called}: task must be a task such as act(), not ${describeValue(task)}`);
}

/** The labels that are given, or those of classes without names. Throws `WeightsError` for another number of labels than classes. */
async function labelsOf(
  pipeline: Model['pipeline'],
  { kind, outputKind }: TaskSpec,
  { labels: given, seed, signal }: Omit<ModelFiles, 'task'>,
): Promise<readonly string[]> {
  const { name, inputShape } = pipeline;
  const scores = inputShape ? (pipeline.outputShape(inputShape).at(-1) ?? 0) : 0;
  const classes = outputKind === 'binary' ? 2 : scores;
  const isUrl = isA('URL', given);
  if (!given && kind !== 'classification') return [];
  if (!given) return Array.from({ length: classes }, (_, i) => (seed === undefined ? `class ${i}` : UNTRAINED));
  const labels = isUrl ? await loadLabels(given, signal) : checkLabels(given, 'labels');
  if (kind !== 'classification' || labels.length === classes) return labels;
  throw new WeightsError(
    `${isUrl ? describeUrl(given) : 'it'} has ${labels.length} labels, but ${name} gives ${classes} scores and needs one label for each`,
  );
}

/** Loads or generates the weights of the last of these networks, or loads those of the one that the file is for. */
async function withWeightsOf(
  nets: readonly ModelVariant[],
  { weights, seed, signal, maxWork }: Omit<ModelFiles, 'task'>,
): Promise<ModelVariant> {
  const own = nets.at(-1) as ModelVariant;
  const { pipeline } = own;
  const { name } = pipeline;
  if (weights !== undefined && seed !== undefined) {
    throw new OptionError(`${name}: weights and seed exclude each other: give one of them`);
  }
  if (weights !== undefined) {
    // The longest file that can fit: all weights as float32.
    const most = Math.max(...nets.map((net) => parametersOf(net.pipeline)));
    const isUrl = isA('URL', weights);
    const file = isUrl ? describeUrl(weights) : `the file of weights of ${name}`;
    const read = readSafetensors(isUrl ? await loadBytes(weights, 8 + MAX_JSON + 4 * most, signal) : weights, file);
    if (!hasTorchNames(read)) return { ...own, pipeline: withOwnWeights(pipeline, read, file) };
    const { torchVariant } = await import('./torch/torch-variant.ts');
    return torchVariant(nets, read, file, maxWork);
  }
  if (seed === undefined) {
    const weighted = withItsWeights(pipeline);
    if (weighted) return { ...own, pipeline: weighted };
    const what = pipeline.inputShape ? 'has no weights' : 'has no weights, or no inputShape that tells their sizes';
    throw new OptionError(`${name} ${what}: give weights (a safetensors file), or seed for random weights`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new OptionError(`${name}: seed must be a whole number of at least 0, not ${describeValue(seed)}`);
  }
  return { ...own, pipeline: withSeed(pipeline, seed) };
}

/** The pipeline with the weights that its stages have or draw; undefined where one lacks some. */
function withItsWeights(pipeline: Model['pipeline']): Model['pipeline'] | undefined {
  if (!pipeline.inputShape) return undefined;
  try {
    return pipeline.withWeights(pipeline.weights(pipeline.inputShape));
  } catch (error) {
    if (error instanceof WeightsError) return undefined;
    throw error;
  }
}

function parametersOf(pipeline: Model['pipeline']): number {
  return pipeline.inputShape ? pipeline.parameterCount(pipeline.inputShape) : 0;
}
