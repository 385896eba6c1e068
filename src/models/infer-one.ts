import { messageOf, OptionError, SourceError } from '../errors/errors.ts';
import { describeValue } from '../errors/describe-value.ts';
import { isA } from '../errors/is-a.ts';
import { images } from '../sources/images.ts';
import { sourceName } from '../sources/source-name.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { Classification } from '../tasks/classification/class-scores.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import type { Model } from './model.ts';
import { runOnOne, type InferOneOptions } from './one-result.ts';
import { pictureFile } from './picture-file.ts';

/** A picture that `inferOne` takes in Node: a path, a URL, the bytes of a file, or pixels. */
export type OnePicture = string | URL | Uint8Array | Pixels;

/**
 * Runs a model on one picture (Node): a path or URL, the bytes of a picture file, or pixels. Resolves to the result of its only
 * frame, with the fields of the model's task. `source` is the path or URL, or `picture`.
 *
 * Calls at the same time, or at most 5 seconds apart, use one copy of the model. For many pictures, `images(paths)` with
 * `infer(model)` is faster. Bytes must be a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF: other files may name further files
 * to read.
 *
 * Rejects with `OptionError` for a wrong option, with `SourceError` for a picture that cannot be read, with the error of the
 * stage that failed, and with the signal's reason when `signal` is aborted.
 *
 * @see {@link classifyOne}, {@link images}, {@link "sluice".infer | infer}, {@link "sluice".releaseModels | releaseModels}
 *
 * @example
 * const model = await mobilenetV1();
 * const { classes } = await inferOne(model, 'photo.jpg', { top: 1 });
 * console.log(classes[0]?.label); // fox squirrel
 */
export async function inferOne<T extends object, O extends object>(
  model: Model<T, O>,
  picture: OnePicture,
  options: InferOneOptions<NoInfer<O>> = {} as InferOneOptions<O>,
): Promise<FrameResult<T>> {
  return runOnOne(model, picture, options, async (given: Exclude<OnePicture, Pixels>, run) => {
    const fromFile = (where: string | URL) => run(images([where], { resize: model.preprocess }), sourceName(where));
    if (typeof given === 'string' || isA('URL', given)) return fromFile(given);
    if (!ArrayBuffer.isView(given)) {
      throw new OptionError(
        `inferOne takes a path, a URL, the bytes of a picture file as a Uint8Array, or pixels, not ${describeValue(given)}`,
      );
    }
    const file = await pictureFile(given);
    try {
      return { ...(await fromFile(file.path)), source: 'picture' };
    } catch (cause) {
      if (!(cause instanceof SourceError)) throw cause;
      // The user does not know the temporary file.
      throw new SourceError(cause.code, messageOf(cause).replaceAll(file.path, 'the picture'), { cause });
    } finally {
      file.remove();
    }
  });
}

/**
 * Classifies one picture (Node): {@link inferOne} for models whose task is classification.
 *
 * @see {@link inferOne}
 *
 * @example
 * const model = await mobilenetV1();
 * const { classes } = await classifyOne(model, await readFile('photo.jpg'), { top: 1 });
 * console.log(classes[0]?.index); // 336
 */
export function classifyOne(
  model: Model,
  picture: OnePicture,
  options: InferOneOptions = {},
): Promise<FrameResult<Classification>> {
  return inferOne(model, picture, options);
}
