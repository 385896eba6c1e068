import type { Colour, Matrix } from '../colour.ts';
import { grids, isRgb, type Area, type Grid, type Planes, type Turn } from './planes.ts';
import { PlaneScaler, type Size } from './scale-plane.ts';

/** Kr and Kb: what red and blue weigh in the luma (ITU-R BT.601, BT.709, BT.2020; SMPTE 240M; FCC 73.682). */
const LUMA: Readonly<Record<Matrix, readonly [number, number]>> = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
  smpte240m: [0.212, 0.087],
  fcc: [0.3, 0.11],
};

/** What a plane's numbers weigh in red, green and blue, in 2⁻¹³, rounded where ffmpeg's swscale rounds. */
function factors({ matrix = 'bt601', range }: Colour) {
  const [kr, kb] = LUMA[matrix];
  const kg = 1 - kr - kb;
  const full = range === 'full';
  const fixed = (factor: number) => {
    const limited = Math.round((2 ** 16 * factor * 255) / 224);
    return Math.round((full ? Math.trunc((limited * 224) / 255) : limited) / 8);
  };
  return {
    black: full ? 0 : 16 * 2 ** 9,
    light: Math.round((2 ** 13 * 255) / (full ? 255 : 219)),
    redOfV: fixed(2 * (1 - kr)),
    greenOfV: fixed((-2 * (1 - kr) * kr) / kg),
    greenOfU: fixed((-2 * (1 - kb) * kb) / kg),
    blueOfU: fixed(2 * (1 - kb)),
  };
}

/** What to make of frames that are alike. */
export interface PlanesToRgbOptions {
  readonly colour: Colour;
  readonly turn: Turn;
  /** Of the picture as it is shown. */
  readonly part: Area;
  readonly size: Size;
}

/**
 * @internal RGB of a part of a frame in another size: each plane is brought to that size (area average where it shrinks,
 * bilinear where it grows), then the colours are worked out, unless the planes are red, green and blue. Of luma and chroma it
 * makes the bytes that ffmpeg makes in Node by what `filterGraph` says, so all is in whole numbers here as there. (To less than
 * 1/160 ffmpeg shrinks in two steps.) Red, green and blue ffmpeg scales as luma and chroma, which rounds more often.
 *
 * Made once for frames of one kind: it keeps the filters, and memory to work in.
 */
export class PlanesToRgb {
  readonly #options: PlanesToRgbOptions;
  readonly #scalers: readonly [PlaneScaler, PlaneScaler, PlaneScaler];

  constructor(like: Planes, options: PlanesToRgbOptions) {
    this.#options = options;
    const [first, second, third] = grids(like, options.turn, options.part);
    const scaler = (grid: Size) => new PlaneScaler(grid, options.size);
    this.#scalers = [scaler(first), scaler(second), scaler(third)];
  }

  /** The picture of a frame that has the size and format of the first one. */
  convert(planes: Planes): Uint8ClampedArray {
    const { colour, turn, part, size } = this.#options;
    const channels = grids(planes, turn, part);
    this.#scalers.forEach((scaler, i) => scaler.read(planes.bytes, channels[i] as Grid));
    return isRgb(planes.format) ? this.#merged(size) : this.#coloured(colour, size);
  }

  /** Red, green and blue, side by side. */
  #merged({ width, height }: Size): Uint8ClampedArray {
    const row = new Int32Array(width);
    const rgb = new Uint8ClampedArray(width * height * 3);
    for (let y = 0; y < height; y++) {
      this.#scalers.forEach((scaler, channel) => {
        scaler.write(y, 2 ** 18, row);
        for (let x = 0, o = y * width * 3 + channel; x < width; x++, o += 3) rgb[o] = (row[x] as number) >> 19;
      });
    }
    return rgb;
  }

  /** Luma and chroma as colours. They are cut off to 2⁻⁹. */
  #coloured(colour: Colour, { width, height }: Size): Uint8ClampedArray {
    const { black, light, redOfV, greenOfV, greenOfU, blueOfU } = factors(colour);
    const [luma, chromaU, chromaV] = this.#scalers;
    const half = 2 ** 9;
    const grey = 128 * 2 ** 19;
    const [ys, us, vs] = [new Int32Array(width), new Int32Array(width), new Int32Array(width)];
    const rgb = new Uint8ClampedArray(width * height * 3);
    for (let y = 0, o = 0; y < height; y++) {
      luma.write(y, half, ys);
      chromaU.write(y, half - grey, us);
      chromaV.write(y, half - grey, vs);
      for (let x = 0; x < width; x++) {
        const u = (us[x] as number) >> 10;
        const v = (vs[x] as number) >> 10;
        const value = Math.imul(((ys[x] as number) >> 10) - black, light) + 2 ** 21;
        // In 32 bits, as there: what no colour has, much whiter than white, overflows.
        rgb[o++] = ((value + Math.imul(v, redOfV)) | 0) >> 22;
        rgb[o++] = ((value + Math.imul(v, greenOfV) + Math.imul(u, greenOfU)) | 0) >> 22;
        rgb[o++] = ((value + Math.imul(u, blueOfU)) | 0) >> 22;
      }
    }
    return rgb;
  }
}
