import { defer, map, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { count, numberUpTo } from '../../stage/arguments.ts';
import type { Segmentation } from '../../tasks/segmentation/segmented.ts';
import { checkImageFiles, ImageFiles, ownName, type WrittenImage } from './image-files.ts';
import { maskPng } from './mask-png.ts';

/** Options of {@link masksOut}. */
export interface MasksOutOptions {
  /**
   * The number of the class that means that there is nothing, such as 0 of DeepLab. Pixels of no region have it, if the network saw all of
   * the picture. Default: none, and such pixels are 255.
   */
  readonly background?: number;
  /**
   * The name of a picture in the folder, without extension; `/` makes folders. Default: the name of its source without extension, `-` and
   * `seq` with six digits: `clip-000012`.
   */
  readonly name?: (label: FrameLabel) => string;
}

const NAMES: OptionNames<MasksOutOptions> = { background: true, name: true };

/**
 * Writes the map of each result of a segmentation as a PNG in a folder (Node), and emits a {@link WrittenImage} for each. A file has its
 * name only when it is whole, and replaces one that is there.
 *
 * The number of a pixel is the `index` of its class, in the colours of Pascal VOC, and 255 for pixels of no region; with classes from 255
 * on the picture is grey of 16 bits, and 65535 is none. Of the form `mask` it is the probability, grey, 0 for 0 to 255 for 1. The size is
 * that of `place`, else of `picture`.
 *
 * Throws `OptionError`. The stream fails with a `SluiceError` (`output`) if a file can't be written, as on a full disk, and with an
 * `OptionError` for a name that is outside of the folder or that two pictures have, and for a result that is no segmentation.
 *
 * @see {@link imagesOut}, {@link "sluice".classMap | classMap}, {@link "sluice".maskOf | maskOf}
 *
 * @example
 * const picture = { width: 2, height: 2 };
 * const cat = { index: 8, label: 'cat', area: 1, share: 0.25, rle: { size: [2, 2], counts: '112' } } as const;
 * const result = { source: 'a.jpg', seq: 0, timestamp: 0, form: 'classes', regions: [cat], unseen: 0, picture } as const;
 * of(result).pipe(masksOut('masks', { background: 0 })).subscribe(({ path }) => console.log(path)); // masks/a-000000.png
 */
export function masksOut<R extends FrameLabel & Segmentation>(
  folder: string,
  options: MasksOutOptions = {},
): OperatorFunction<R, WrittenImage> {
  checkOptions('masksOut', options, NAMES);
  const { background, name = ownName } = options;
  checkImageFiles('masksOut', folder, name);
  if (background !== undefined) {
    numberUpTo('masksOut', 'background', count('masksOut', 'background', background, 0), 65_535);
  }
  return (results) =>
    defer(() => {
      const files = new ImageFiles('masksOut', folder, 'png', name);
      return results.pipe(map((result) => writeMask(files, result, background)));
    });
}

/** @internal Writes the map of one result. */
export function writeMask(
  files: ImageFiles,
  result: FrameLabel & Segmentation,
  background: number | undefined,
): WrittenImage {
  const { source, seq, timestamp, regions } = result;
  if (!Array.isArray(regions)) {
    throw new OptionError(`masksOut takes results of segmentation(), but one has ${describeValue(regions)} as regions`);
  }
  const file = files.claim(result);
  files.write(file, maskPng(result, background));
  return { source, seq, timestamp, path: file };
}
