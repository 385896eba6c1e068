import { Subject, type Observable } from 'rxjs';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { OptionError } from '../errors/errors.ts';
import { Source } from '../flow/gate/frame-source.ts';
import { SOURCE_NAMES, sourceOptions, type FrameSourceOptions } from '../flow/gate/settings.ts';
import type { Pixels } from '../stage/pixels.ts';
import { checkDecodeOptions, type DecodeOptions, type SourceWarning } from './ffmpeg/decode-options.ts';
import { parseLocation } from './ffmpeg/input.ts';
import { ImageSequence } from './image-sequence.ts';
import { sourceName } from './source-name.ts';
import { isA } from '../errors/is-a.ts';

/** Options of {@link images}. With `onError: 'skip'` a picture that cannot be read is left out, with a warning (`skipped`). */
export type ImagesOptions = Pick<DecodeOptions, 'resize' | 'ffmpeg' | 'toneMap' | 'maxPixels' | 'onWarning'> &
  Omit<FrameSourceOptions, 'source'>;

const NAMES: OptionNames<ImagesOptions> = {
  resize: true,
  ffmpeg: true,
  toneMap: true,
  maxPixels: true,
  onWarning: true,
  ...SOURCE_NAMES,
};

/** Pictures from files behind a gate; see {@link images}. */
export class ImageSource extends Source<Pixels> {
  /** Warnings of damaged and skipped pictures, when they are found. */
  readonly warnings: Observable<SourceWarning>;

  constructor(paths: readonly (string | URL)[], options: ImagesOptions) {
    checkOptions('images', options, NAMES);
    checkDecodeOptions(options);
    const warnings = new Subject<SourceWarning>();
    const onWarning = (warning: SourceWarning): void => {
      options.onWarning?.(warning);
      warnings.next(warning);
    };
    const iterable = { [Symbol.asyncIterator]: () => new ImageSequence(paths, { ...options, onWarning }) };
    super(iterable, { ...sourceOptions(options), source: 'images' });
    this.warnings = warnings.asObservable();
  }
}

/**
 * Emits pictures from files (Node): one frame for each, in the order given, decoded by ffmpeg.
 *
 * A frame's `label.source` is the path of its picture. Its timestamp is n seconds for the n-th path of the list, from 0, also
 * if one before it was skipped. EXIF orientation is applied, transparent pixels are blended with white, and of an animation
 * the first picture is taken. Throws `OptionError`; fails with `SourceError`.
 *
 * @see {@link videoFile}, {@link "sluice".frameSource | frameSource}, {@link "sluice/browser".imageFiles | imageFiles (browser)}
 *
 * @example
 * images(['a.jpg', 'b.png'], { resize: { width: 224, height: 224 } }).subscribe((frame) => {
 *   console.log(frame.label.source, frame.data.width);
 * });
 */
export function images(paths: Iterable<string | URL>, options: ImagesOptions = {}): ImageSource {
  if (typeof paths === 'string' || isA('URL', paths)) {
    throw new OptionError(`images takes a list of paths; for one picture give ['${sourceName(paths)}']`);
  }
  const list = [...paths];
  for (const where of list) parseLocation(where);
  return new ImageSource(list, options);
}
