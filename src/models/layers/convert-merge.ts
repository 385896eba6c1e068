import type { Merge } from '../../stage/merge.ts';
import type { Conversion } from './conversion.ts';
import { axisOf } from './moved-axis.ts';

/** @internal For a layer that merges its inputs value by value. */
export function mergeOf(kind: Merge): Conversion {
  return () => ({ merge: kind });
}

/** @internal */
export const convertConcatenate: Conversion = (layer, { input }) => {
  const axis = input ? axisOf(layer, input) : -1;
  return { merge: 'concatenate', ...(!input || axis === input.length - 1 ? {} : { axis }) };
};
