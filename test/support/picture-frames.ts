import {
  frameSource,
  type DetectedBox,
  type Detection,
  type Frame,
  type FrameLabel,
  type FrameSourceOptions,
  type Pixels,
  type Source,
} from 'sluice';

/** A picture of which each pixel says where it is: red its column, green its row, blue the number of the picture. */
export function picture(number: number, width = 8, height = 6): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i % width, Math.floor(i / width), number], 3 * i);
  return { width, height, channels: 3, data };
}

/** A cold source of such pictures, 40 ms apart. */
export function pictures(count: number, options: Partial<FrameSourceOptions> = {}): Source<Pixels> {
  const arrivals = function* () {
    for (let k = 0; k < count; k++) yield { data: picture(k), timestamp: k * 40_000 };
  };
  return frameSource({ [Symbol.iterator]: arrivals }, { source: 'test', ...options });
}

/** The number of a picture. */
export const numberOf = ({ data }: Frame<Pixels>) => data.data[2] ?? NaN;

export const box = (x: number, y: number, width: number, height: number): DetectedBox => ({
  ...{ x, y, width, height, score: 1, label: 'thing', index: 0 },
});

/** A detection in a picture of 8×6 pixels. */
export const detected = (label: FrameLabel, ...boxes: DetectedBox[]): FrameLabel & Detection => ({
  ...label,
  boxes,
  picture: { width: 8, height: 6 },
});
