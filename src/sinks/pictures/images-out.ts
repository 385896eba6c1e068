import path from 'node:path';
import { Observable, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Frame } from '../../frames/frame.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';
import { opaqueData, type Pixels } from '../../stage/pixels.ts';
import { canvasPackage } from '../annotate/canvas-package.ts';
import { makeFolder } from '../files/output-folder.ts';
import { OutputFile } from '../files/output-file.ts';

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

/** A picture that {@link imagesOut} has written: the label of its frame, and where it is. */
export interface WrittenImage extends FrameLabel {
  readonly path: string;
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
  if (typeof folder !== 'string' || folder === '') {
    throw new OptionError(`imagesOut: the folder must be a path, not ${describeValue(folder)}`);
  }
  checkOptions('imagesOut', options, NAMES);
  const { format = 'png', quality = 90, name = ownName } = options;
  if (!Object.hasOwn(EXTENSIONS, format)) {
    throw new OptionError(`imagesOut: format must be png, jpeg or webp, not ${describeValue(format)}`);
  }
  if (!(typeof quality === 'number' && quality >= 1 && quality <= 100)) {
    throw new OptionError(`imagesOut: quality must be a number from 1 to 100, not ${describeValue(quality)}`);
  }
  if (typeof name !== 'function') {
    throw new OptionError(`imagesOut: name must be a function, not ${describeValue(name)}`);
  }
  return (frames) =>
    new Observable((subscriber) => {
      const taken = new Map<string, FrameLabel>();
      const write = async ({ data, label }: Frame<Pixels>): Promise<WrittenImage> => {
        const file = fileFor(folder, name(label), EXTENSIONS[format]);
        const other = taken.get(file);
        if (other) {
          throw new OptionError(
            `imagesOut: ${file} would be written twice, for ${other.source} and ${label.source}: give name`,
          );
        }
        taken.set(file, label);
        const bytes = await encoded(data, format, quality);
        makeFolder(file);
        const out = new OutputFile(file);
        try {
          out.write(bytes);
          out.commit();
        } catch (error) {
          out.discard();
          throw error;
        }
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

/** `clip-000012` of `videos/clip.mp4`. */
function ownName({ source, seq }: FrameLabel): string {
  const base = path.basename(source.replace(/[?#].*$/, '')).replaceAll('\\', '_');
  return `${path.parse(base).name || 'picture'}-${String(seq).padStart(6, '0')}`;
}

/** The path of a file in the folder. Throws `OptionError` for one that is outside. */
function fileFor(folder: string, name: unknown, extension: string): string {
  const file = typeof name === 'string' && name !== '' ? path.join(folder, `${name}.${extension}`) : '';
  const inside = path.relative(path.resolve(folder), path.resolve(file));
  const leaves = inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside);
  if (file !== '' && !leaves && !file.includes('\0')) return file;
  throw new OptionError(`imagesOut: name must give the name of a file in ${folder}, not ${describeValue(name)}`);
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
