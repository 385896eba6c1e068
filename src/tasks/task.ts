import type { Tensor } from '@tensorflow/tfjs-core';
import type { PictureView } from '../frames/picture-view.ts';
import type { NamedTensors } from '../stage/named-tensors.ts';
import type { Json } from '../stage/stage.ts';
import type { Shape } from '../stage/shape.ts';
import type { Canvas2d } from './canvas-2d.ts';

/**
 * The meaning of a model's outputs. A task turns outputs into results of type `T` and defines how these results are written,
 * drawn and aggregated. Sinks, workers and the command line use the task and know nothing else about the results.
 *
 * `O` is the type of the options of one run, such as how many classes a result lists. {@link classification} is a task.
 */
export interface Task<T extends object = object, O extends object = object> {
  /** The task's name: `classification`. */
  readonly kind: string;
  /** The task as plain JSON. `taskFromSpec` makes the task from it, in a worker or when a file is read. */
  readonly spec: TaskSpec;
  /** The names of the options in `O`. */
  readonly optionNames: readonly string[];
  /** Makes the reader of a run. Throws `OptionError` for wrong options or labels. */
  reader(labels: readonly string[] | undefined, options?: O): OutputReader<T>;
  /** The options to read with if the results are aggregated later. They keep everything that an aggregate needs. */
  optionsToAggregate(options: O): O;
  /** Reduces a result that was read with other options to what these options ask for. */
  select(result: T, options: O): T;
  /** Makes an empty aggregator. Throws `OptionError`. */
  aggregator(options: O): Aggregator<T>;
  /** False if no result of the task ever has a caption, so that subtitles and drawn videos would be empty. Default true. */
  readonly hasCaptions?: boolean;
  /** The result in words, the most important caption first; may be empty. */
  captions(result: T): readonly Caption[];
  /** The result as files hold it, with rounded numbers. */
  stored(result: T): T;
  /** The task's columns in a table of results, in order. They follow the columns that all tasks share. */
  readonly columns: readonly Column[];
  /** The rows of a result in that table. Each result has at least one row. */
  rows(result: T): readonly Row[];
  /** The overlay for a picture of this size (in pixels); undefined to draw nothing. */
  overlay(result: T, picture: { readonly width: number; readonly height: number }): Overlay | undefined;
}

/** A task as plain JSON. */
export interface TaskSpec {
  readonly kind: string;
  readonly [setting: string]: Json | undefined;
}

/** Turns a model's output for one frame into a result. */
export interface OutputReader<T extends object> {
  /** The name of this step in timings and errors: `classify`. */
  readonly name: string;
  /** Throws `ShapeError` for an output that the task can't read. The message continues the step's name: `needs …, but got …`. */
  checkShape(output: Shape): void;
  /** Does the same for several outputs, by their names. Default: `checkShape` gets the shape of the first one. */
  checkShapes?(outputs: Readonly<Record<string, Shape>>): void;
  /**
   * Reads the output back from the device. Several outputs are `NamedTensors`. `view` is what the network saw of the source picture,
   * for results that have a place there; undefined where that is not known.
   */
  read(output: Tensor | NamedTensors, view?: PictureView): Promise<T>;
}

/** Collects results of consecutive frames. */
export interface Aggregator<T extends object> {
  /** Adds the result of one frame. */
  add(result: T): void;
  /** Returns the result of all results added since the last call. */
  take(): T;
}

/** A short text with a score: from 0 to 1, unless the model gives other scores. */
export interface Caption {
  readonly label: string;
  readonly score: number;
}

/** A column of a table of results. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'int32' | 'int64' | 'double';
  /** Whether its texts are data for programs that sluice makes itself. They are never changed for spreadsheets. Default false. */
  readonly isData?: boolean;
}

/** A row of a table: cells by column name. Null is an empty cell. */
export type Row = Readonly<Record<string, string | number | null>>;

/** A rectangle of a picture, in pixels, and the function that paints it. */
export interface Overlay {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Paints on a transparent canvas of the rectangle's size. */
  paint(context: Canvas2d): void;
}
