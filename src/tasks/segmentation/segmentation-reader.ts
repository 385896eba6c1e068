import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError } from '../../errors/errors.ts';
import type { PictureView } from '../../frames/picture-view.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import { knownView, remembered, tensorsIn } from '../placed-outputs.ts';
import type { OutputReader } from '../task.ts';
import type { ClassRuns } from './class-runs.ts';
import { findForm, type OutputForm } from './find-form.ts';
import { networkRaster, sourceRaster, type Raster } from './map-raster.ts';
import { checkClasses, runsOfClasses, runsOfScores } from './read-classes.ts';
import { probabilitiesOf, sampleMask } from './read-mask.ts';
import { encodeRuns, pixelsIn } from './rle.ts';
import type { Region, Segmentation } from './segmented.ts';
import { checkedOptions, type SegmentationOptions } from './segmentation-options.ts';
import type { SegmentationOutputs } from './segmentation-outputs.ts';

/** The name of what a mask shows, for a model without labels. */
const FOREGROUND = 'foreground';

/** Makes the reader of a segmenter's output. Throws `OptionError` for wrong options or labels. */
export function segmentationReader(
  labels: readonly string[] | undefined,
  options: SegmentationOptions,
  settings: SegmentationOutputs,
): OutputReader<Segmentation> {
  const names = labels && labels.length > 0 ? labels : undefined;
  const { size, minShare, threshold, isWanted } = checkedOptions('segment', options, names);
  const { background, fromLogits = false, alignCorners = false } = settings;
  if (names && background !== undefined && background >= names.length) {
    throw new OptionError(`segment: background is class ${background}, but there are ${names.length} labels`);
  }
  const formOf = remembered((shapes) => findForm(shapes, settings, names?.length));

  function regionsOf({ runs }: ClassRuns, raster: Raster, view: PictureView, isMask: boolean): Region[] {
    const { scaleX = 1, scaleY = 1 } = raster.place ?? {};
    const whole = view.source.width * view.source.height;
    return [...runs]
      .flatMap(([index, own]) => {
        const label = names?.[index] || (isMask ? FOREGROUND : `class ${index}`);
        const area = pixelsIn(own) * scaleX * scaleY;
        if ((!isMask && index === background) || !isWanted(label) || area / whole < minShare) return [];
        return [{ index, label, area, share: area / whole, rle: encodeRuns(own, raster.height, raster.width) }];
      })
      .toSorted((a, b) => b.area - a.area || a.index - b.index);
  }

  return {
    name: 'segment',
    checkShape: (shape) => void formOf({ '': shape }),
    checkShapes: (shapes) => void formOf(shapes),
    async read(output, given) {
      const view = knownView(given, 'pixels');
      const [tensor] = Object.values(tensorsIn(output)) as [Tensor];
      const form = formOf({ '': tensor.shape });
      checkAspect(form, view, tensor.shape);
      // Before the output is read: a picture that is too large ends here.
      const raster = size === 'source' ? sourceRaster(view) : networkRaster(view);
      const values = await tensor.data();
      const kind = form.kind ?? (tensor.dtype === 'int32' || tensor.dtype === 'bool' ? 'classes' : 'mask');
      const result = (found: ClassRuns, mask?: Uint8Array): Segmentation => ({
        form: kind === 'mask' ? 'mask' : 'classes',
        regions: regionsOf(found, raster, view, kind === 'mask'),
        unseen: unseenShare(found, raster, view),
        picture: view.source,
        ...(raster.place ? { place: raster.place } : {}),
        ...(mask ? { mask } : {}),
      });
      if (kind === 'mask') {
        const probabilities = probabilitiesOf(values, fromLogits);
        const { mask, ...found } = sampleMask(probabilities, form, raster, view.size, { alignCorners, threshold });
        return result(found, mask);
      }
      if (kind === 'scores') return result(runsOfScores(values, form, raster, view.size, alignCorners));
      checkClasses(values, names?.length);
      return result(runsOfClasses(values, form, raster, view.size));
    },
  };
}

/** Throws `RangeError` for an output of another form than the network's input: its dimensions are in another order, or it is no map. */
function checkAspect({ width, height }: OutputForm, { size }: PictureView, shape: Shape): void {
  const isClose = (one: number, other: number) => Math.abs(one - other) <= 2 + 0.05 * other;
  if (isClose(width, (height * size.width) / size.height) || isClose(height, (width * size.height) / size.width))
    return;
  throw new RangeError(
    `the output ${describeShape(shape)} has ${width} columns and ${height} rows, which is not the form of the network's input of ${size.width} × ${size.height} pixels: give another layout or another output`,
  );
}

/** The share of the source picture that the network did not see. */
function unseenShare({ unseen }: ClassRuns, { width, height, place }: Raster, { source }: PictureView): number {
  const whole = source.width * source.height;
  if (!place) return unseen / whole;
  return Math.max(0, 1 - ((width * height - unseen) * place.scaleX * place.scaleY) / whole);
}
