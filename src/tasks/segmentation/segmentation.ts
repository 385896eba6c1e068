import type { Json } from '../../stage/stage.ts';
import { rounded } from '../rounded.ts';
import type { Task } from '../task.ts';
import { MeanShares } from './mean-shares.ts';
import { regionsOverlay } from './regions-overlay.ts';
import type { Region, Segmentation } from './segmented.ts';
import { checkedOptions, SEGMENTATION_OPTIONS, type SegmentationOptions } from './segmentation-options.ts';
import { checkOutputs, type SegmentationOutputs } from './segmentation-outputs.ts';
import { segmentationReader } from './segmentation-reader.ts';

/** The number of decimals of a share in a file. */
const DECIMALS = 6;
/** A hundredth of a pixel. */
const PIXEL_DECIMALS = 2;

/**
 * The task of a model that says what each pixel shows: a map of classes `[1, h, w]`, scores `[1, h, w, classes]` or a mask `[1, h, w, 1]` →
 * {@link Segmentation}, a region for each class, with its pixels in the source picture, its area in pixels and its share. What
 * `preprocess` did to the picture is undone; scores and masks are interpolated (bilinear), class numbers are not. `outputKind` says what the
 * output holds; without it, its shape, its type and the labels do.
 *
 * Pixels are in COCO's run-length form, in results as in files. Tables have a row for each region. Captions are the labels, the
 * largest region first, with their shares as scores. An aggregate has the mean area and share of each class, and the pixels of the
 * frame in which it is the largest.
 *
 * Throws `OptionError` for wrong settings. An output that is no map is a `ShapeError`. A frame fails for scores that are NaN or infinite,
 * for probabilities that are not from 0 to 1, for class numbers without a label, for a source picture of over 33,554,432 pixels, and where
 * it is not known what the network saw of the source picture (the fit `digit`).
 *
 * @see {@link classMap}, {@link maskOf}, {@link outlines}, {@link modelFrom}, {@link infer}
 *
 * @example
 * const source = { width: 4, height: 2 };
 * const view = { size: { width: 2, height: 1 }, source, left: 0, top: 0, scaleX: 2, scaleY: 2 };
 * const output = tf.tensor3d([[[0, 1]]], [1, 1, 2], 'int32');
 * const { regions } = await segmentation().reader(['cat', 'dog']).read(output, view);
 * console.log(regions.map(({ label, area, share }) => `${label} ${area} ${share}`)); // [ 'cat 4 0.5', 'dog 4 0.5' ]
 */
export function segmentation(outputs: SegmentationOutputs = {}): Task<Segmentation, SegmentationOptions> {
  const settings = checkOutputs(outputs);
  return {
    kind: 'segmentation',
    spec: { ...(settings as Readonly<Record<string, Json | undefined>>), kind: 'segmentation' },
    optionNames: SEGMENTATION_OPTIONS,
    reader: (labels, options = {}) => segmentationReader(labels, options, settings),
    // The mean share is of all frames, also of those in which it is small.
    optionsToAggregate: ({ minShare: _minShare, ...options }) => options,
    select(result, options) {
      const { minShare, isWanted } = checkedOptions('select', options, undefined);
      const regions = result.regions.filter(({ label, share }) => share >= minShare && isWanted(label));
      return { ...result, regions };
    },
    aggregator: (options) => new MeanShares(checkedOptions('aggregate', options, undefined)),
    captions: ({ regions }) => regions.map(({ label, share }) => ({ label, score: share })),
    stored: ({ form, regions, unseen, picture, place }) => ({
      form,
      regions: regions.map(storedRegion),
      unseen: rounded(unseen, DECIMALS) as number,
      picture,
      ...(place ? { place } : {}),
    }),
    columns: [
      { name: 'index', type: 'int32' },
      { name: 'label', type: 'text' },
      { name: 'area', type: 'double' },
      { name: 'share', type: 'double' },
      // JSON of numbers and run lengths: no formula, whatever signs it has.
      { name: 'rle', type: 'text', isData: true },
    ],
    rows({ regions }) {
      if (regions.length === 0) return [{ index: null, label: null, area: null, share: null, rle: null }];
      return regions.map((region) => {
        const { index, label, area, share, rle } = storedRegion(region);
        return { index, label, area, share, rle: JSON.stringify(rle) };
      });
    },
    overlay: regionsOverlay,
  };
}

function storedRegion({ index, label, area, share, rle }: Region): Region {
  const pixels = rounded(area, PIXEL_DECIMALS) as number;
  return { index, label, area: pixels, share: rounded(share, DECIMALS) as number, rle };
}
