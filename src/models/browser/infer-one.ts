import { describeValue } from '../../errors/describe-value.ts';
import { isA } from '../../errors/is-a.ts';
import { OptionError, SourceError } from '../../errors/errors.ts';
import { imageFiles } from '../../sources/browser/image-files.ts';
import { StillPixels } from '../../sources/browser/still-pixels.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import type { FrameResult } from '../../tasks/frame-result.ts';
import type { Model } from '../model.ts';
import { onePicture, runOnOne, type InferOneOptions } from '../one-result.ts';

/** A picture that `inferOne` takes in browsers: a `File` or `Blob`, an `ImageBitmap`, or pixels. */
export type OnePicture = Blob | ImageBitmap | Pixels;

/**
 * Runs a model on one picture (browser): a `File` or `Blob` with a picture, an `ImageBitmap`, or pixels. Resolves to the result
 * of its only frame, with the fields of the model's task. `source` is the name of the `File`, or `picture`.
 *
 * Calls at the same time, or at most 5 seconds apart, use one copy of the model. An `ImageBitmap` is not closed.
 *
 * Rejects with `OptionError` for a wrong option, with `SourceError` for a picture that cannot be read, with the error of the
 * stage that failed, and with the signal's reason when `signal` is aborted.
 *
 * @see {@link classifyOne}, {@link imageFiles}, {@link "sluice".infer | infer}, {@link "sluice".releaseModels | releaseModels}
 *
 * @example
 * const model = await mobilenetV1();
 * const picture = await createImageBitmap(new ImageData(224, 224));
 * const { classes } = await inferOne(model, picture, { top: 1 });
 * console.log(classes[0].label);
 */
export async function inferOne<T extends object, O extends object>(
  model: Model<T, O>,
  picture: OnePicture,
  options: InferOneOptions<NoInfer<O>> = {} as InferOneOptions<O>,
): Promise<FrameResult<T>> {
  const resize = model.preprocess;
  return runOnOne(model, picture, options, async (given: Exclude<OnePicture, Pixels>, run) => {
    if (isA('ImageBitmap', given)) {
      return run(onePicture(await new StillPixels({ resize }).of(given)), 'the picture');
    }
    if (!isA('Blob', given) && !isA('File', given)) {
      throw new OptionError(`inferOne takes a File, a Blob, an ImageBitmap, or pixels, not ${describeValue(given)}`);
    }
    const file = new File([given], 'name' in given ? String(given.name) : 'picture', { type: given.type });
    let why: string | undefined;
    const pictures = imageFiles([file], { resize, onWarning: ({ message }) => (why = message) });
    try {
      return await run(pictures, file.name);
    } catch (cause) {
      throw why === undefined ? cause : new SourceError('codec', why, { cause });
    }
  });
}

/**
 * Classifies one picture (browser): {@link inferOne} for models whose task is classification.
 *
 * @see {@link inferOne}
 *
 * @example
 * const model = await mobilenetV1();
 * const pixels = { width: 1, height: 1, channels: 3, data: new Uint8Array([200, 30, 30]) };
 * console.log((await classifyOne(model, pixels, { top: 1 })).classes.length);
 */
export function classifyOne(
  model: Model,
  picture: OnePicture,
  options: InferOneOptions = {},
): Promise<FrameResult<Classification>> {
  return inferOne(model, picture, options);
}
