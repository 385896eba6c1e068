import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionError } from '../errors/errors.ts';
import { sourceName } from '../sources/source-name.ts';
import { mainUrl } from './main-url.ts';
import { fittingLabels, imagenetLabels, loadLabels } from './labels.ts';
import { withPreparation, type PreparationOptions } from './preparation.ts';
import { importAny, importPipeline } from './import-model.ts';
import type { ModelFiles } from './model-from.ts';
import type { Model } from './model.ts';
import { inputShapeIn, NODE_OPTIONS, nodesIn, preparationIn, type ModelChoice } from './model-choice.ts';
import { checkInt8 } from './int8.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import type { ReadOptions } from './readers/model-reader.ts';
import { hasSettings } from './readers/with-task.ts';
import {
  DOWNLOADED,
  downloadedFor,
  modelHelp,
  READY_MADE,
  type DownloadedModel,
  type ReadyMade,
} from './ready-made.ts';
import { taskFromSpec } from '../tasks/task-from-spec.ts';

/**
 * Loads a model with its weights: a ready-made model by its name, or a model file by its path or URL. Throws `OptionError` for
 * an unknown name.
 */
export async function loadModel(
  choice: ModelChoice,
  onWarning: (message: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Model<object, object>> {
  const { model: name, weights, labels, seed, size, maxWork, task } = choice;
  const preparation = preparationIn(choice);
  if (choice.precision !== undefined) checkInt8(choice);
  const downloaded = DOWNLOADED.get(name);
  if (downloaded) return downloadedModel(downloaded, choice, preparation, onWarning, signal);
  const entry = READY_MADE.get(name);
  if (entry && size) throw new OptionError(`${name} has a fixed input size: leave out --size`);
  const foreign = Object.entries(NODE_OPTIONS).find(([option]) => choice[option as keyof ModelChoice] !== undefined);
  if (entry && foreign) throw new OptionError(`${name} gives scores of one picture: leave out ${foreign[1]}`);
  if (entry && task && task.kind !== 'classification') throw ofAnotherTask(name, 'classification', task.kind);
  if (entry) return readyMadeModel(entry, choice, preparation, onWarning, signal);
  if (weights !== undefined || seed !== undefined) {
    throw new OptionError(
      `${name} is a file with weights: leave out ${weights === undefined ? '--seed' : '--weights'}`,
    );
  }
  const model = await importAny(modelAt(name), {
    onWarning,
    maxWork,
    signal,
    ...preparation,
    ...(labels === undefined ? {} : { labels: await labelsCalled(labels, signal) }),
    ...inputShapeIn(choice),
    ...nodesIn(choice),
    ...(task === undefined ? {} : { task: taskFromSpec(task) }),
  });
  // What another library runs is one stage, which that library optimizes.
  const canFold = !model.pipeline.parts.some(({ stage }) => ['graphModel', 'onnxRuntime'].includes(stage.spec.op));
  return canFold ? { ...model, pipeline: foldBatchNorm(model.pipeline) } : model;
}

/** Loads a ready-made model. How its pixels are normalized follows from its weights. */
async function readyMadeModel(
  entry: ReadyMade,
  { model: name, precision, weights, labels, seed, maxWork }: ModelChoice,
  preparation: PreparationOptions,
  onWarning: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Model<object, object>> {
  const fixed = (['preset', 'normalize', 'channelOrder'] as const).find((option) => preparation[option] !== undefined);
  if (weights === undefined && fixed !== undefined) {
    const option = { preset: '--preset', normalize: '--range, --mean and --std', channelOrder: '--channel-order' }[
      fixed
    ];
    throw new OptionError(`${name} has a fixed range of pixel values: leave out ${option}, or give --weights`);
  }
  const given = labels === undefined ? undefined : await labelsCalled(labels, signal);
  const model = await forCommandLine(
    call<Model>((precision && entry.int8) ?? entry, {
      maxWork,
      signal,
      ...(weights === undefined ? {} : { weights: locate(weights) }),
      ...(given ? { labels: fittingLabels(name, given, await classesOf(entry), onWarning) } : {}),
      ...(seed === undefined ? {} : { seed }),
    }),
  );
  return { ...model, preprocess: withPreparation(model.preprocess, preparation) };
}

/** Loads a model that was downloaded. Its files and how pictures are prepared for it are known. */
async function downloadedModel(
  { module, load, task }: DownloadedModel,
  choice: ModelChoice,
  { normalize, preset, channelOrder, ...preparation }: PreparationOptions,
  onWarning: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Model<object, object>> {
  const { model: name, labels, maxWork } = choice;
  if (choice.task && choice.task.kind !== task) throw ofAnotherTask(name, task, choice.task.kind);
  const others = { ...NODE_OPTIONS, weights: '--weights', seed: '--seed', size: '--size' };
  const foreign = Object.entries(others).find(([option]) => choice[option as keyof typeof others] !== undefined);
  const isPrepared = normalize ?? preset ?? channelOrder;
  if (foreign || isPrepared !== undefined || (choice.task && hasSettings(choice.task))) {
    const what = foreign?.[1] ?? (isPrepared === undefined ? 'the options of its head' : 'the range of its pixels');
    throw new OptionError(`${name} is complete: leave out ${what}`);
  }
  const { modelPath } = await import('./registry/model-cache.ts');
  const { [load]: read } = (await import(module)) as Record<string, DownloadedLoader>;
  if (!read) throw new Error(`${module} does not export ${load}`);
  const model = await read(modelPath(name), {
    maxWork,
    signal,
    onWarning,
    ...(labels === undefined ? {} : { labels: await labelsCalled(labels, signal) }),
  });
  return { ...model, preprocess: withPreparation(model.preprocess, preparation) };
}

type DownloadedLoader = (
  source: string,
  options: Pick<ReadOptions, 'maxWork' | 'signal' | 'onWarning' | 'labels'>,
) => Promise<Model<object, object>>;

function ofAnotherTask(name: string, task: string, wanted: string): OptionError {
  const [fitting] = downloadedFor(wanted);
  const remedy = fitting === undefined ? '' : `, such as ${fitting}`;
  return new OptionError(`the task of ${name} is ${task}: give a model whose task is ${wanted}${remedy}`);
}

async function classesOf(entry: ReadyMade): Promise<number> {
  const net: Model['pipeline'] = await pipelineOf(entry);
  return net.outputShape(net.inputShape ?? []).at(-1) ?? 0;
}

/** The names in a file, or those of ImageNet's classes. */
function labelsCalled(labels: string, signal: AbortSignal | undefined): Promise<string[]> {
  return labels === 'imagenet' ? imagenetLabels(signal) : loadLabels(locate(labels), signal);
}

/** Loads the pipeline of a model. That of a ready-made model has no weights. */
export async function loadPipeline(
  choice: Pick<ModelChoice, 'model' | 'size' | 'maxWork' | 'input' | 'constants' | 'state' | 'output' | 'onnxRuntime'>,
  onWarning: (message: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Model['pipeline']> {
  const { model: name, size, maxWork } = choice;
  const entry = READY_MADE.get(name);
  if (entry) return pipelineOf(entry);
  if (DOWNLOADED.has(name)) return (await loadModel(choice, onWarning, signal)).pipeline;
  return importPipeline(modelAt(name), { onWarning, maxWork, signal, ...inputShapeIn({ size }), ...nodesIn(choice) });
}

/** The network of a ready-made model, without weights. */
function pipelineOf({ module, pipeline }: ReadyMade): Promise<Model['pipeline']> {
  return call({ module, load: pipeline });
}

async function call<T>({ module, load }: Pick<ReadyMade, 'module' | 'load'>, files: ModelFiles = {}): Promise<T> {
  const loaded: Partial<Record<string, (files: ModelFiles) => T | Promise<T>>> = await import(module);
  const make = loaded[load];
  if (!make) throw new Error(`${module} does not export ${load}`);
  return make(files);
}

/** Adds the command line's options to the library's error messages. */
async function forCommandLine(loading: Promise<Model>): Promise<Model<object, object>> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError(`${error.message} (--weights FILE, --seed N)`, { cause: error });
  }
}

/** The URL of a model's main file. `name` may also be the path of its folder. */
function modelAt(name: string): URL {
  const url = locate(name);
  if (url.protocol === 'file:' && !existsSync(url)) {
    throw new OptionError(`no model and no file is called ${name}: give ${modelHelp}`);
  }
  return mainUrl(url);
}

function locate(text: string): URL {
  if (!/^https?:/i.test(text)) return pathToFileURL(resolve(text));
  if (URL.canParse(text)) return new URL(text);
  throw new OptionError(`${sourceName(text)} is not a URL`);
}
