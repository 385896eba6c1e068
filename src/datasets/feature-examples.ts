import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../stage/shape.ts';
import type { Example } from '../training/examples/example.ts';
import type { FeatureStore } from './feature-store.ts';

/** The features of a frame: which ones of a store, where they are from, and the class that the frame shows. */
export interface FeatureRow {
  /** The number of its features in the store. */
  readonly place: number;
  readonly source: string;
  readonly seq: number;
  /** In microseconds. */
  readonly timestamp: number;
  readonly target: number;
}

/** Features as examples to learn from, one tensor at a time. */
export function* featureExamples(
  store: FeatureStore,
  shape: Shape,
  rows: Iterable<FeatureRow>,
): Generator<Example & { readonly data: Tensor }> {
  for (const { place, target } of rows) {
    const data = tensor(store.read(place), [...shape], 'float32');
    try {
      yield { data, target };
    } finally {
      data.dispose();
    }
  }
}
