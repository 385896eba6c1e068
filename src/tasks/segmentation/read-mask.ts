import type { Size } from '../../frames/picture-view.ts';
import { sigmoid } from '../shares.ts';
import { classRuns, type ClassRuns } from './class-runs.ts';
import type { OutputForm } from './find-form.ts';
import { bilinearTaps, type Raster } from './map-raster.ts';
import { between, type Values } from './read-classes.ts';

/** Rounding can take a probability out of 0 to 1 by as much. */
const TOLERANCE = 1e-3;

/** A mask at the size of a raster. */
export interface SampledMask extends ClassRuns {
  /** The probability of each pixel, 0 to 255, row by row. */
  readonly mask: Uint8Array;
}

/** The probabilities of an output. Throws `RangeError` for values that are none. */
export function probabilitiesOf(values: Values, fromLogits: boolean): Float32Array {
  const probabilities = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const probability = fromLogits ? sigmoid(value) : value;
    if (!(probability >= -TOLERANCE && probability <= 1 + TOLERANCE)) {
      throw new RangeError(
        `a probability must be from 0 to 1, but the model gives ${value}: if it gives logits, set fromLogits; if it gives numbers of classes, outputKind: 'classes'`,
      );
    }
    probabilities[i] = Math.min(1, Math.max(0, probability));
  }
  return probabilities;
}

/** The probability of each pixel of a raster, interpolated, and the runs of those that reach the threshold, as those of class 0. */
export function sampleMask(
  probabilities: Float32Array,
  { width, height }: OutputForm,
  raster: Raster,
  input: Size,
  { alignCorners, threshold }: { readonly alignCorners: boolean; readonly threshold: number },
): SampledMask {
  const columns = bilinearTaps(raster.u, input.width, width, alignCorners);
  const rows = bilinearTaps(raster.v, input.height, height, alignCorners);
  const mask = new Uint8Array(raster.width * raster.height);
  // The output at the place of one column of the raster: interpolated across, not yet down.
  const column = new Float64Array(height);
  const across = (x: number) => {
    const x0 = columns.first[x] as number;
    const x1 = columns.second[x] as number;
    const weight = columns.weight[x] as number;
    for (let y = 0, row = 0; y < height; y++, row += width) {
      column[y] = between(probabilities[row + x0] as number, probabilities[row + x1] as number, weight);
    }
  };
  const { runs, unseen } = classRuns(raster, (x, y) => {
    // This runs for each pixel, down the columns: without lists.
    if ((columns.first[x] as number) < 0) return -1;
    if (y === 0) across(x);
    const y0 = rows.first[y] as number;
    if (y0 < 0) return -1;
    const probability = between(
      column[y0] as number,
      column[rows.second[y] as number] as number,
      rows.weight[y] as number,
    );
    // Rounds: what is stored in bytes is cut off.
    mask[y * raster.width + x] = probability * 255 + 0.5;
    return probability >= threshold ? 0 : OUTSIDE;
  });
  const inside = runs.get(0);
  return { mask, unseen, runs: new Map(inside ? [[0, inside]] : []) };
}

/** What the network saw, and what is not in the region. */
const OUTSIDE = 1;
