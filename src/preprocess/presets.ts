import type { NormalizeOptions } from '../stage/normalization.ts';
import type { ToTensorOptions } from './to-tensor.ts';

/** A preparation of pictures that many models share: the normalization, and the order of the channels. */
export type Preset = NormalizeOptions & Required<Pick<ToTensorOptions, 'channelOrder'>>;

/** The names of {@link presets}. */
export type PresetName = 'tf' | 'torch' | 'caffe' | 'keras' | 'raw';

/**
 * The preparations of pictures that families of models were trained with, as options of {@link preprocess}. x is a pixel value, 0–255.
 *
 * - `tf`: x / 127.5 − 1, RGB. MobileNet, Inception, Xception, ResNet V2, NASNet; mode `tf` of Keras' `imagenet_utils.preprocess_input`.
 * - `torch`: (x / 255 − mean) / deviation of ImageNet, RGB. torchvision, timm, DenseNet; mode `torch` of Keras.
 * - `caffe`: x − the mean of ImageNet, BGR. VGG, ResNet of Keras and Caffe; mode `caffe` of Keras.
 * - `keras`: x, RGB. Models of Keras that begin with a layer that scales pixels (EfficientNet, ConvNeXt, MobileNetV3, RegNet).
 * - `raw`: x, RGB. The same numbers as `keras`, for all other models that take bytes.
 *
 * @see {@link preprocess}, {@link importModel}
 *
 * @example
 * const ready = preprocess({ width: 224, height: 224, ...presets.caffe });
 * console.log(ready.spec.channelOrder); // bgr
 */
export const presets = {
  tf: { channelOrder: 'rgb', range: [-1, 1] },
  torch: { channelOrder: 'rgb', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  caffe: { channelOrder: 'bgr', scale: 1, mean: [103.939, 116.779, 123.68], std: 1 },
  keras: { channelOrder: 'rgb', range: [0, 255] },
  raw: { channelOrder: 'rgb', range: [0, 255] },
} as const satisfies Readonly<Record<PresetName, Preset>>;
