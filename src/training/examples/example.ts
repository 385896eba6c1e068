import type { Tensor } from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import type { Target } from '../../errors/frame-label.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Model } from '../../models/model.ts';
import type { Pixels } from '../../stage/pixels.ts';

/**
 * A picture, or the input of a model `[1, …]`, and what it shows. Without a lease: a tensor stays yours, and must not be disposed before
 * the next example is asked for.
 */
export interface Example {
  readonly data: Pixels | Tensor;
  readonly target: Target;
  /** How much the example counts: its loss is multiplied by this number, which may be 0 or negative. Default 1. */
  readonly weight?: number | undefined;
}

/** A frame whose label has a `target`, or an example. */
export type LabelledExample = Frame<Pixels> | Frame<Tensor> | Example;

/** The examples of one epoch, in order. */
export type ExampleStream = Observable<LabelledExample> | AsyncIterable<LabelledExample> | Iterable<LabelledExample>;

/**
 * Examples to learn from: a stream that can be run through once for each epoch (a source, an array), or a function that gives the stream of
 * each epoch, counted from 1. It gets the model as it is when the epoch begins, so that examples can be what this model does.
 */
export type Examples<T extends object = object, O extends object = object> =
  | ExampleStream
  | ((epoch: number, model: Model<T, O>) => ExampleStream);
