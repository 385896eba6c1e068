import type { Spec } from '../stage/stage.ts';
import { eightBits } from '../stage/eight-bits.ts';
import type { Weight } from '../stage/weights.ts';

/** The kernel of a layer on the levels that ONNX Runtime gets: whole numbers of 7 bits times a scale for each channel of the output. */
export function quantizedKernel({ op }: Spec, { data, shape }: Weight): Weight {
  // The channels of the output of a depthwise convolution are the last two dimensions together.
  const [height = 1, width = 1, channels = 1, multiplier = 1] = shape;
  const flat = op === 'depthwiseConv2d' ? [height, width, channels * multiplier] : shape;
  const { values, scales } = eightBits({ data, shape: flat }, flat.length - 1);
  return { shape, data: Float32Array.from(values, (value, i) => value * (scales[i % scales.length] ?? 0)) };
}
