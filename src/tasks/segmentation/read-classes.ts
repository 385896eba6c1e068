import type { Size } from '../../frames/picture-view.ts';
import { classRuns, type ClassRuns } from './class-runs.ts';
import type { OutputForm } from './find-form.ts';
import { bilinearTaps, nearestTaps, type Raster } from './map-raster.ts';

/** Numbers that tensors give. */
export type Values = ArrayLike<number>;

/** The class of each pixel of a raster by a map of class numbers: that of the nearest one. */
export function runsOfClasses(values: Values, { width, height }: OutputForm, raster: Raster, input: Size): ClassRuns {
  const columns = nearestTaps(raster.u, input.width, width);
  const rows = nearestTaps(raster.v, input.height, height).map((row) => (row < 0 ? -1 : row * width));
  return classRuns(raster, (x, y) => {
    const column = columns[x] as number;
    const row = rows[y] as number;
    return column < 0 || row < 0 ? -1 : (values[row + column] as number);
  });
}

/** The class of each pixel of a raster: the one with the highest score, after the scores are interpolated. */
export function runsOfScores(
  values: Values,
  form: OutputForm,
  raster: Raster,
  input: Size,
  alignCorners: boolean,
): ClassRuns {
  const { width, height, classes, rowStep, columnStep, classStep } = form;
  const best = bestOfEach(values, form);
  const columns = bilinearTaps(raster.u, input.width, width, alignCorners);
  const rows = bilinearTaps(raster.v, input.height, height, alignCorners);
  return classRuns(raster, (x, y) => {
    // This runs for each pixel: without lists.
    const x0 = columns.first[x] as number;
    const y0 = rows.first[y] as number;
    if (x0 < 0 || y0 < 0) return -1;
    const x1 = columns.second[x] as number;
    const y1 = rows.second[y] as number;
    const only = best[y0 * width + x0] as number;
    // A class that is the best at all four corners is the best between them.
    if (only === best[y0 * width + x1] && only === best[y1 * width + x0] && only === best[y1 * width + x1]) return only;
    const right = columns.weight[x] as number;
    const down = rows.weight[y] as number;
    let topLeft = y0 * rowStep + x0 * columnStep;
    let topRight = y0 * rowStep + x1 * columnStep;
    let lowLeft = y1 * rowStep + x0 * columnStep;
    let lowRight = y1 * rowStep + x1 * columnStep;
    let found = 0;
    let highest = -Infinity;
    for (let c = 0; c < classes; c++) {
      const top = between(values[topLeft] as number, values[topRight] as number, right);
      const low = between(values[lowLeft] as number, values[lowRight] as number, right);
      const score = between(top, low, down);
      if (score > highest) {
        highest = score;
        found = c;
      }
      topLeft += classStep;
      topRight += classStep;
      lowLeft += classStep;
      lowRight += classStep;
    }
    return found;
  });
}

/** The value at a share of the way from one to the other. */
export function between(one: number, other: number, weight: number): number {
  return one + (other - one) * weight;
}

/** The class with the highest score at each place of the output; of equal ones the first. Throws `RangeError` for NaN and infinity. */
function bestOfEach(
  values: Values,
  { width, height, classes, rowStep, columnStep, classStep }: OutputForm,
): Int32Array {
  const best = new Int32Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      let at = y * rowStep + x * columnStep;
      let highest = -Infinity;
      for (let c = 0; c < classes; c++, at += classStep) {
        const score = values[at] as number;
        if (!Number.isFinite(score))
          throw new RangeError(`the score of class ${c} is ${score} in row ${y}, column ${x}`);
        if (score <= highest) continue;
        highest = score;
        best[to] = c;
      }
    }
  }
  return best;
}

/** Throws `RangeError` for the first value that is not the number of a class. */
export function checkClasses(values: Values, labels: number | undefined): void {
  const most = labels ?? MAX_CLASSES;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isInteger(value) && value >= 0 && value < most) continue;
    if (Number.isInteger(value) && value >= most && labels !== undefined) {
      throw new RangeError(`a pixel is of class ${value}, but there are ${labels} labels, the first one of class 0`);
    }
    throw new RangeError(
      `a map needs the number of a class for each pixel, from 0 to ${most - 1}, but has ${value}: for probabilities of one class, give outputKind: 'mask' and one label`,
    );
  }
}

/** More than any model has; a map of distances or of colours has other numbers. */
const MAX_CLASSES = 65_535;
