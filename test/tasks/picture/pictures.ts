import {
  activation,
  conv2d,
  frameSource,
  modelFrom,
  picture,
  pipeline,
  type Frame,
  type FrameSourceOptions,
  type Model,
  type PaintedPicture,
  type Pixels,
  type PreprocessOptions,
  type Source,
} from 'sluice';
import { randomFrom } from '../../support/random.ts';

/** A picture of noise, of which every pixel matters. */
export function noise(width: number, height: number, seed = 1, channels: 3 | 4 = 3): Pixels {
  const random = randomFrom(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => Math.floor(random() * 256));
  return { width, height, channels, data };
}

/** A cold source of these pictures. */
export function sourceOf(pictures: readonly Pixels[], options: Partial<FrameSourceOptions> = {}): Source<Pixels> {
  const arrivals = function* () {
    for (const [k, data] of pictures.entries()) yield { data, timestamp: k * 40_000 };
  };
  return frameSource({ [Symbol.iterator]: arrivals }, { source: 'test', ...options });
}

/** What frames hold, copied while they live. */
export const dataOf = ({ data: { width, height, data } }: Frame<Pixels>) => ({ width, height, data: [...data] });

type Net = Model['pipeline'];

/** A model of a network that takes and gives values from 0 to 1. */
export function modelOf(net: Net, size = 16, more: Partial<PreprocessOptions> = {}): Promise<Model<PaintedPicture>> {
  const preprocess = { width: size, height: size, range: [0, 1] as const, ...more };
  return modelFrom(net, preprocess, { task: picture({ range: [0, 1], layout: 'nhwc' }) });
}

/** A network that changes nothing. */
export const identity = (size = 16): Net =>
  pipeline({ name: 'identity', inputShape: [1, size, size, 3] }, activation('linear'));

/** Three convolutions. What a pixel becomes depends on those that are at most 3 pixels away. */
export const convolutions = (size = 16): Net =>
  pipeline(
    { name: 'convolutions', inputShape: [1, size, size, 3] },
    conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'tanh', seed: 1 }),
    conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'tanh', seed: 2 }),
    conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'sigmoid', seed: 3 }),
  );
