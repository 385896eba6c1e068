import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError } from '../../errors/errors.ts';
import { lookOfWhole } from '../../stage/pixels.ts';
import type { Task } from '../task.ts';
import { LatestPicture } from './latest-picture.ts';
import type { PaintedPicture } from './painted-picture.ts';
import { formOf } from './picture-form.ts';
import { checkOutputs, type PictureOutputs } from './picture-outputs.ts';
import { readColours } from './read-colours.ts';

/**
 * The task of a model that gives a picture, such as one that enlarges, denoises, colours or restyles pictures: `[1, h, w, 3]`,
 * `[1, h, w, 1]` (grey), or the same with the channels first → {@link PaintedPicture}. The values of `range` become 0 to 255, rounded; values
 * outside become 0 or 255.
 *
 * `infer` gives the picture of what the network saw, at the size of its output. {@link repaint} gives frames of whole pictures of any size. Files hold the size alone, in the
 * columns `width` and `height`. There are no captions, so there are no subtitles. An aggregate has the picture of the last frame.
 *
 * Throws `OptionError` for wrong settings, and if the model has labels. An output that is no picture is a `ShapeError`. A frame fails for a value that is NaN
 * or infinite.
 *
 * @see {@link repaint}, {@link infer}, {@link importModel}
 *
 * @example
 * const output = tf.tensor4d([0, 0.5, 1, 2], [1, 2, 2, 1]);
 * const { image } = await picture({ range: [0, 1] }).reader([]).read(output);
 * console.log(image?.width, image?.data.join(' ')); // 2 0 0 0 128 128 128 255 255 255 255 255 255
 */
export function picture(outputs: PictureOutputs): Task<PaintedPicture> {
  const settings = checkOutputs(outputs);
  return {
    kind: 'picture',
    spec: { ...settings, kind: 'picture' },
    optionNames: [],
    hasCaptions: false,
    reader(labels = []) {
      if (labels.length > 0) {
        throw new OptionError(`picture: a picture has no labels, but the model has ${labels.length}: leave them out`);
      }
      return {
        name: 'readPicture',
        checkShape: (shape) => void formOf(shape, settings),
        async read(output: Tensor, view) {
          const form = formOf(output.shape, settings);
          const { width, height } = form;
          const size = { width, height };
          const data = new Uint8ClampedArray(readColours(await output.data(), form, settings));
          return { size, image: { ...size, channels: 3, data, ...lookOfWhole(view, view?.size ?? size, size) } };
        },
      };
    },
    optionsToAggregate: () => ({}),
    select: (result) => result,
    aggregator: () => new LatestPicture(),
    captions: () => [],
    stored: ({ size }) => ({ size }),
    columns: [
      { name: 'width', type: 'int32' },
      { name: 'height', type: 'int32' },
    ],
    rows: ({ size: { width, height } }) => [{ width, height }],
    overlay: () => undefined,
  };
}
