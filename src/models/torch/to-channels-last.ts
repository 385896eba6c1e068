import type { Shape } from '../../stage/shape.ts';
import type { Weight } from '../../stage/weights.ts';

/**
 * The shapes that PyTorch may have for a weight of sluice. `area` is how many pixels a flattened picture before a fully connected
 * layer has; such a layer may also be a convolution of that size.
 */
export function torchShapes(own: Shape, area: number): readonly Shape[] {
  const [a = 0, b = 0, c = 0, d = 0] = own;
  // No convolution of these networks has one filter, so that a kernel [height, width, channels, 1] is a depthwise one.
  if (own.length === 4) return d === 1 ? [[c, 1, a, b]] : [[d, c, a, b]];
  const side = Math.sqrt(area);
  return own.length === 2
    ? [
        [b, a],
        [b, a / area, side, side],
      ]
    : [own];
}

/**
 * A weight of PyTorch in sluice's order. Of a kernel `[filters, channels, height, width]` becomes `[height, width, channels, filters]`, of a
 * depthwise one `[channels, 1, height, width]` `[height, width, channels, 1]`, and of a fully connected one `[units, channels · area]`
 * `[area · channels, units]`. The values are copied, so that the file can be freed.
 */
export function toChannelsLast({ data }: Weight, own: Shape, area: number): Weight {
  if (own.length === 1) return { shape: own, data: data.slice() };
  const isDense = own.length === 2;
  const [height = 1, width = 1] = own;
  const outputs = own.at(-1) === 1 && !isDense ? (own[2] ?? 1) : (own.at(-1) ?? 1);
  const pixels = isDense ? area : height * width;
  const channels = data.length / outputs / pixels;
  return { shape: own, data: reordered(data, outputs, channels, pixels) };
}

/** Outputs are taken some at a time, so that neighbours in the result are written together: 5 times as fast for large ones. */
const TOGETHER = 16;

function reordered(data: Float32Array, outputs: number, channels: number, pixels: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let first = 0; first < outputs; first += TOGETHER) {
    const end = Math.min(outputs, first + TOGETHER);
    for (let i = 0; i < channels; i++) {
      for (let p = 0; p < pixels; p++) {
        const to = (p * channels + i) * outputs;
        const from = i * pixels + p;
        for (let o = first; o < end; o++) result[to + o] = data[o * channels * pixels + from] as number;
      }
    }
  }
  return result;
}
