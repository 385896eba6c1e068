import type { Tensor } from '@tensorflow/tfjs-core';
import type { Json } from '../stage/stage.ts';
import type { Shape } from '../stage/shape.ts';
import type { Canvas2d } from './canvas-2d.ts';

/**
 * What a model's outputs mean: the only part of sluice that knows. A task reads outputs into results of type `T` and says
 * how such results are written, drawn and aggregated; sinks, workers and the command line ask it.
 *
 * `O` are the options of one run, such as how many classes a result lists. {@link classification} is the first task.
 */
export interface Task<T extends object = object, O extends object = object> {
  /** The task's name: `classification`. */
  readonly kind: string;
  /** The task as plain JSON, from which `taskFromSpec` makes it in a worker or from a file. */
  readonly spec: TaskSpec;
  /** The names of the options in `O`. */
  readonly optionNames: readonly string[];
  /** Makes the reader of a run. Throws `OptionError` for options or labels that can't be right. */
  reader(labels: readonly string[] | undefined, options?: O): OutputReader<T>;
  /** The options to read with where results are aggregated later: with all that an aggregate needs. */
  optionsToAggregate(options: O): O;
  /** What the options leave of a result that was read with other options. */
  select(result: T, options: O): T;
  /** Makes an empty aggregate of results. Throws `OptionError`. */
  aggregator(options: O): Aggregator<T>;
  /** What a result says in words, the most important first; empty where it says nothing. */
  captions(result: T): readonly Caption[];
  /** The result as files hold it: with rounded numbers. */
  stored(result: T): T;
  /** The columns of a table of results, in their order; those of every task come before them. */
  readonly columns: readonly Column[];
  /** The rows of a result in such a table: at least one, so that every frame has a row. */
  rows(result: T): readonly Row[];
  /** What is drawn over a picture of this size (in pixels); undefined for nothing. */
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
  /** Throws `ShapeError` for an output that the task can't read, worded to follow the step's name. */
  checkShape(output: Shape): void;
  /** Reads the output back from the device. */
  read(output: Tensor): Promise<T>;
}

/** Collects results of consecutive frames. */
export interface Aggregator<T extends object> {
  /** Adds the result of one frame. */
  add(result: T): void;
  /** The result of all that were added since the last call. */
  take(): T;
}

/** A line of words with a score from 0 to 1. */
export interface Caption {
  readonly label: string;
  readonly score: number;
}

/** A column of a table of results. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'int32' | 'int64' | 'double';
}

/** Cells by their column's name; null is an empty cell. */
export type Row = Readonly<Record<string, string | number | null>>;

/** A rectangle of a picture and what paints it; the rectangle is transparent before. */
export interface Overlay {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Paints the rectangle; the context's origin is its top left corner. */
  paint(context: Canvas2d): void;
}
