import type { ClassOutputKind } from '../../tasks/classification/class-outputs.ts';
import type { Task } from '../../tasks/task.ts';
import type { GraphModelOptions } from '../graph/graph-model-options.ts';
import type { LayersModelOptions } from '../layers/layers-model-options.ts';
import type { Model } from '../model.ts';
import type { OnnxModelOptions } from '../onnx/onnx-model-options.ts';
import type { OutputKind, OutputKindOptions } from '../output-kind.ts';
import type { PreparationOptions } from '../preparation.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import type { FormatOption } from './refuse-options.ts';

/** Options of `importModel`. `Kind` is what the model's output may be: classes, unless `outputKind` says otherwise. */
export interface ImportOptions<Kind extends OutputKind = ClassOutputKind>
  extends
    Omit<LayersModelOptions, 'output'>,
    Pick<GraphModelOptions, 'input' | 'constants' | 'state'>,
    Pick<OnnxModelOptions, 'onnxRuntime' | 'runtimeOptions'>,
    PreparationOptions,
    OutputKindOptions<Kind> {
  /** The name of the layer or node whose value is the output. Needed where the model has several outputs. */
  readonly output?: string;
  /**
   * One name per class; for `binary` two, or the name of what the score is for; `'imagenet'` for the names of ImageNet's classes.
   * Default: the labels in the files beside the model, else `class 0`, `class 1` …
   */
  readonly labels?: readonly string[] | 'imagenet';
}

/** Options of `importModel` for several outputs, which are computed together. */
export interface ImportOutputsOptions extends Omit<ImportOptions<OutputKind>, 'output' | 'outputKind'> {
  /** The names of the layers or nodes whose values are the outputs. */
  readonly output: readonly string[];
  /** What the numbers of the outputs are: the same for all, or for each by its name. Default: as for one output. */
  readonly outputKind?: OutputKind | Readonly<Record<string, OutputKind>>;
}

/** Options of `importModel` for a task, such as `detection()`. */
export interface ImportTaskOptions<T extends object, O extends object> extends Omit<
  ImportOptions,
  'output' | 'outputKind' | 'fromLogits'
> {
  /** What the outputs mean. */
  readonly task: Task<T, O>;
  /** The name of the layer or node whose value is the output, or several. Needed where the model has several outputs. */
  readonly output?: string | readonly string[];
}

/** What a reader gets: the options, and whether a model that gives no classes needs an `outputKind`. */
export interface ReadOptions extends Omit<ImportOptions<OutputKind>, 'labels' | 'output' | 'outputKind'> {
  readonly output?: string | readonly string[];
  readonly outputKind?: ImportOutputsOptions['outputKind'];
  readonly labels?: readonly string[];
  readonly task?: Task;
  readonly classesOnly?: boolean;
}

/** A format of model files. To add one, add it to `FORMATS`. */
export interface ModelFormat {
  /** The name of the format in messages: `a model.json`. */
  readonly title: string;
  /** Whether the main file has this format, by its first bytes. */
  recognizes(head: Uint8Array): boolean;
  /** The most bytes that the main file may have, by those that were read. Throws `WeightsError`. */
  maxBytes(read: Uint8Array, name: string): number;
  /** The options that this format has and others have not. */
  readonly takes?: readonly FormatOption[];
  /** Loads the reader. A page loads only the readers that it uses. */
  load(): Promise<ModelReader>;
}

/** The options that the reading of a pipeline takes. */
export type PipelineOptions = OnnxModelOptions;

/** The reader of a format. */
export interface ModelReader {
  /** Reads the model. Throws `WeightsError`, and `OptionError` for a model that does not take pictures, or whose output has no meaning. */
  readModel(files: ModelFiles, main: Uint8Array, options: ReadOptions): Promise<Model<object, object>>;
  /** Reads only the pipeline. The model may be for any task. Throws `WeightsError`. */
  readPipeline(files: ModelFiles, main: Uint8Array, options: PipelineOptions): Promise<Model['pipeline']>;
}
