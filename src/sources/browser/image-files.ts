import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { messageOf, OptionError, SourceError } from '../../errors/errors.ts';
import { frameSource, type Source } from '../../flow/gate/frame-source.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { GRAB_NAMES, type GrabOptions } from './grabber.ts';
import { StillPixels } from './still-pixels.ts';
import { isA } from '../../errors/is-a.ts';

/** Options of {@link imageFiles}. */
export interface ImageFilesOptions extends GrabOptions, Omit<FrameSourceOptions, 'source'> {
  /** Called for each file that is no picture; such files are left out. */
  readonly onWarning?: (warning: {
    readonly source: string;
    readonly code: 'skipped';
    readonly message: string;
  }) => void;
}

const NAMES: OptionNames<ImageFilesOptions> = { onWarning: true, ...GRAB_NAMES, ...SOURCE_NAMES };

/**
 * Pictures from `File` objects (browser): one frame each, in the order given; none is dropped. A frame's `label.source` is the
 * name of its file. Its timestamp is n seconds for the n-th file, from 0, also if one before it was skipped.
 *
 * Throws `OptionError`. A file that is no picture is left out and reported to `onWarning`. If none of the files is one, the
 * source fails with a `SourceError`, code `no-frames`.
 *
 * @see {@link videoFile}, {@link "sluice".frameSource | frameSource}, {@link "sluice/node".images | images (Node)}
 *
 * @example
 * const photos = imageFiles([new File(['…'], 'photo.jpg')], { resize: { width: 224, height: 224 } });
 * photos.subscribe({ next: draw, error: (error) => console.log(error.code) }); // no-frames
 */
export function imageFiles(files: Iterable<File>, options: ImageFilesOptions = {}): Source<Pixels> {
  checkOptions('imageFiles', options, NAMES);
  const list = listOf(files);
  const { resize, flip, onWarning, ...admission } = options;
  const pixels = new StillPixels({ resize, flip });
  async function* pictures(): AsyncGenerator<Arrival<Pixels>> {
    let [read, wrong] = [0, ''];
    for (const [i, file] of list.entries()) {
      let data: Pixels;
      try {
        data = await pixels.of(file);
      } catch (cause) {
        const message = `${file.name} is no picture that this browser can read: ${messageOf(cause)}`;
        onWarning?.({ source: file.name, code: 'skipped', message });
        wrong ||= message;
        continue;
      }
      read++;
      yield { data, timestamp: i * 1e6, source: file.name };
    }
    if (read > 0 || list.length === 0) return;
    throw new SourceError(
      'no-frames',
      list.length === 1 ? wrong : `none of the ${list.length} files is a picture that this browser can read; ${wrong}`,
    );
  }
  return frameSource({ [Symbol.asyncIterator]: pictures }, { ...admission, source: 'images' });
}

function listOf(files: unknown): File[] {
  const list: unknown[] =
    typeof files === 'object' && files !== null && Symbol.iterator in files
      ? [...(files as Iterable<unknown>)]
      : [undefined];
  if (list.every((file) => isA('File', file))) return list;
  throw new OptionError('imageFiles takes a list of File objects');
}
