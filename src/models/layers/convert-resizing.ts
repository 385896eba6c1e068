import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { count } from '../../stage/arguments.ts';
import type { Shape } from '../../stage/shape.ts';
import { activation } from '../../stages/activation.ts';
import { crop } from '../../stages/crop.ts';
import { upsample } from '../../stages/upsample.ts';
import type { StageConversion } from './conversion.ts';
import { only } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';

/** @internal For layers that do nothing outside training. */
export const identity: StageConversion = () => ({ stage: activation('linear') });

/** Layers of Keras that change pictures at random, in training only. */
const AUGMENTATIONS =
  'AugMix CutMix MixUp RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast ' +
  'RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert ' +
  'RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation ' +
  'RandomWidth RandomZoom';

/** @internal Augmentation is the identity outside training. */
export const AUGMENTATION_LAYERS: Readonly<Record<string, StageConversion>> = Object.fromEntries(
  AUGMENTATIONS.split(' ').map((name) => [name, identity]),
);

/** @internal `Resizing`, as Keras computes it, or tfjs-layers for a model that it wrote: they map positions differently. */
export const convertResizing: StageConversion = (layer, { input, keras }) => {
  only(layer, 'data_format', CHANNELS_LAST);
  only(layer, 'antialias', [undefined, false]);
  only(layer, 'interpolation', [undefined, 'bilinear', 'nearest']);
  const interpolation = (setting(layer, 'interpolation') ?? 'bilinear') as 'bilinear' | 'nearest';
  const outputSize = sizeOf(layer);
  const keepsAspect = setting(layer, 'crop_to_aspect_ratio') === true;
  if (keras === 0) {
    return { stage: upsample({ outputSize, interpolation, coordinates: keepsAspect ? 'asymmetric' : 'alignCorners' }) };
  }
  if (keepsAspect) sameAspect('crop_to_aspect_ratio', input, outputSize);
  if (setting(layer, 'pad_to_aspect_ratio') === true) sameAspect('pad_to_aspect_ratio', input, outputSize);
  return { stage: upsample({ outputSize, interpolation }) };
};

/** @internal `CenterCrop` removes the borders. tfjs-layers stretches a picture that is too small; Keras crops it first. */
export const convertCenterCrop: StageConversion = (layer, { input, keras }) => {
  only(layer, 'data_format', CHANNELS_LAST);
  const [height, width] = sizeOf(layer);
  const [, rows = height, columns = width] = input ?? [];
  if (rows < height || columns < width) {
    if (keras === 0) {
      return { stage: upsample({ outputSize: [height, width], interpolation: 'bilinear', coordinates: 'asymmetric' }) };
    }
    return resizedTo(input, [height, width]);
  }
  const top = Math.floor((rows - height) / 2);
  // Of one column too many, tfjs-layers removes the left one.
  const left = keras === 0 && columns - width === 1 ? 1 : Math.floor((columns - width) / 2);
  const cropping = [
    [top, rows - height - top],
    [left, columns - width - left],
  ] as const;
  return { stage: crop({ cropping }) };
};

/** @internal `RandomCrop` resizes outside training, and crops what is too much for that. */
export const convertRandomCrop: StageConversion = (layer, { input }) => resizedTo(input, sizeOf(layer));

const CHANNELS_LAST = [undefined, 'channels_last', 'channelsLast'];

function sizeOf(layer: Layer): readonly [number, number] {
  return [count(layer.name, 'height', setting(layer, 'height')), count(layer.name, 'width', setting(layer, 'width'))];
}

function resizedTo(input: Shape | undefined, outputSize: readonly [number, number]) {
  sameAspect('its size', input, outputSize);
  return { stage: upsample({ outputSize, interpolation: 'bilinear' }) };
}

/** Throws `OptionError` where a layer would crop or pad a picture before it resizes it. */
function sameAspect(what: string, input: Shape | undefined, [height, width]: readonly number[]): void {
  const [, rows = 0, columns = 0] = input ?? [];
  if (input === undefined || rows * (width ?? 0) === columns * (height ?? 0)) return;
  throw new OptionError(
    `changes the aspect of its input, ${columns}x${rows}, to ${describeValue(width)}x${describeValue(height)} by ${what}; ` +
      'only an input of the same aspect is supported',
  );
}
