import { Observable, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Frame } from '../../frames/frame.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';
import { opaqueData, type Pixels } from '../../stage/pixels.ts';
import { canvasPackage } from '../annotate/canvas-package.ts';
import { checkImageFiles, ImageFiles, ownName, type WrittenImage } from './image-files.ts';

/** Options of {@link imagesOut}. */
export interface ImagesOutOptions {
  /** The format of the pictures. Default `png`, which loses nothing. */
  readonly format?: 'png' | 'jpeg' | 'webp';
  /** The quality of JPEG and WebP, from 1 to 100. Default 90. */
  readonly quality?: number;
  /**
   * The name of a picture in the folder, without extension; `/` makes folders. Default: the name of its source without extension, `-` and
   * `seq` with six digits: `clip-000012`.
   */
  readonly name?: (label: FrameLabel) => string;
}

const NAMES: OptionNames<ImagesOutOptions> = { format: true, quality: true, name: true };
const EXTENSIONS = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

/**
 * Writes each picture as a file in a folder (Node), and emits a {@link WrittenImage} for each, in their order. A file has its name only
 * when it is whole, and replaces one that is there. A frame counts as delivered when its file is written, and keeps its lease until then.
 *
 * It needs `@napi-rs/canvas`, an optional peer dependency. Transparent pixels are blended with white. Throws `OptionError`. The stream
 * fails with a `SluiceError` (`output`) if a file can't be written, as on a full disk, and with an `OptionError` for a name that is outside
 * of the folder, or that two pictures have.
 *
 * @see {@link videoOut}, {@link drawResults}
 *
 * @example
 * videoFile('clip.mp4', { end: 2 }).pipe(sampleFrames({ fps: 1 }), imagesOut('pictures')).subscribe(({ path }) => console.log(path));
 */
export function imagesOut(
  folder: string,
  options: ImagesOutOptions = {},
): OperatorFunction<Frame<Pixels>, WrittenImage> {
  checkOptions('imagesOut', options, NAMES);
  const { format = 'png', quality = 90, name = ownName } = options;
  if (!Object.hasOwn(EXTENSIONS, format)) {
    throw new OptionError(`imagesOut: format must be png, jpeg or webp, not ${describeValue(format)}`);
  }
  if (!(typeof quality === 'number' && quality >= 1 && quality <= 100)) {
    throw new OptionError(`imagesOut: quality must be a number from 1 to 100, not ${describeValue(quality)}`);
  }
  checkImageFiles('imagesOut', folder, name);
  return (frames) =>
    new Observable((subscriber) => {
      const files = new ImageFiles('imagesOut', folder, EXTENSIONS[format], name);
      const write = async ({ data, label }: Frame<Pixels>): Promise<WrittenImage> => {
        const file = files.claim(label);
        files.write(file, await encoded(data, format, quality));
        return { ...label, path: file };
      };
      const queue = new OrderedWork<Pixels, WrittenImage>(
        {
          ...{ name: 'imagesOut', concurrency: 2, work: write },
          ends: ({ code }) => code === 'output' || code === 'option',
          give({ lease }, written) {
            lease.markDelivered();
            subscriber.next(written);
          },
        },
        subscriber,
      );
      subscriber.add(() => queue.stop());
      queue.start(frames);
    });
}

async function encoded(pixels: Pixels, format: 'png' | 'jpeg' | 'webp', quality: number): Promise<Uint8Array> {
  const { createCanvas, ImageData } = await canvasPackage('writing pictures');
  const { width, height } = pixels;
  const rgb = opaqueData(pixels);
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    for (let c = 0; c < 3; c++) rgba[to + c] = rgb[from + c] ?? 0;
  }
  const canvas = createCanvas(width, height);
  canvas.getContext('2d').putImageData(new ImageData(rgba, width, height), 0, 0);
  return format === 'png' ? canvas.encode('png') : canvas.encode(format, quality);
}
