import type { EngineOptions, Pixels } from 'sluice';
import type { Failure } from '../run/failure.ts';

/** What the features of a picture are kept as, with a small picture to recognize it by. */
export interface Example {
  readonly vector: Float32Array<ArrayBuffer>;
  /** RGBA, `THUMBNAIL` × `THUMBNAIL`. */
  readonly thumbnail: Uint8ClampedArray<ArrayBuffer>;
}

/** The side of a thumbnail in pixels. */
export const THUMBNAIL = 56;

/** What a model learns from. */
export interface TrainingSet {
  readonly labels: readonly string[];
  /** The vectors of all examples, one after the other. */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** The class of each example. */
  readonly targets: readonly number[];
  /** The numbers of the examples to measure with, which the model does not learn from. */
  readonly heldOut: readonly number[];
}

/** How well the model does after so many epochs. */
export interface Epoch {
  readonly epoch: number;
  readonly of: number;
  readonly loss: number;
  /** The share of examples that were right, 0 to 1. */
  readonly accuracy: number;
  /** The same for the examples that are held out, if there are any. */
  readonly held: { readonly loss: number; readonly accuracy: number } | undefined;
}

/** The first message to the worker: what it computes features with. */
export interface Setup {
  readonly type: 'setup';
  readonly weights: Uint8Array<ArrayBuffer>;
  readonly wasmPaths: NonNullable<EngineOptions['wasmPaths']>;
}

/** What the worker is asked to do. */
export type Task =
  | { readonly type: 'picture'; readonly picture: Pixels }
  /** At most so many examples. */
  | { readonly type: 'file'; readonly file: File; readonly most: number }
  | ({ readonly type: 'train' } & TrainingSet);

export type ToWorker = Setup | (Task & { readonly id: number }) | { readonly type: 'cancel'; readonly id: number };

/** A part of the result of a task. */
export type Result =
  | { readonly type: 'example'; readonly example: Example }
  | { readonly type: 'epoch'; readonly epoch: Epoch }
  /** The model as a safetensors file. */
  | { readonly type: 'trained'; readonly file: Uint8Array<ArrayBuffer> };

export type FromWorker =
  | { readonly type: 'ready' }
  /** The worker can't do anything. */
  | { readonly type: 'broken'; readonly failure: Failure }
  | (Result & { readonly id: number })
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure };
