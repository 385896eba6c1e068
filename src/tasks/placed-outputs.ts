import type { Tensor } from '@tensorflow/tfjs-core';
import type { PictureView } from '../frames/picture-view.ts';
import { NamedTensors } from '../stage/named-tensors.ts';
import type { Shape } from '../stage/shape.ts';

/** What the network saw of the source picture. Throws `RangeError` where it is not known; `what` says what has a place there. */
export function knownView(view: PictureView | undefined, what: string): PictureView {
  if (view) return view;
  throw new RangeError(
    `${what} cannot be placed in the source picture, because it is not known what the network saw of it: let preprocess or the source resize pictures, with another fit than digit`,
  );
}

/** The outputs of a model by their names. The name of a single output is empty. */
export function tensorsIn(output: Tensor | NamedTensors): Readonly<Record<string, Tensor>> {
  return output instanceof NamedTensors ? output.tensors : { '': output };
}

/** The shapes of outputs, by name. */
export function shapesIn(tensors: Readonly<Record<string, Tensor>>): Record<string, Shape> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}

/** A function of the shapes of outputs that keeps its last value: those of one model are the same in every frame. */
export function remembered<T>(find: (shapes: Readonly<Record<string, Shape>>) => T): typeof find {
  let last: { readonly key: string; readonly value: T } | undefined;
  return (shapes) => {
    const key = JSON.stringify(shapes);
    if (last?.key !== key) last = { key, value: find(shapes) };
    return last.value;
  };
}
