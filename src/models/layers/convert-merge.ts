import type { Merge } from '../../stage/merge.ts';
import type { Conversion } from './conversion.ts';
import { lastAxis } from './layer-options.ts';

/** @internal For a layer that merges its inputs value by value. */
export function mergeOf(kind: Merge): Conversion {
  return () => ({ merge: kind });
}

/** @internal */
export const convertConcatenate: Conversion = (layer, { input }) => {
  lastAxis(layer, input);
  return { merge: 'concatenate' };
};
