import type { Colour, Matrix } from '../colour.ts';
import { grids, type Area, type Planes, type Turn } from './planes.ts';
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
 * bilinear where it grows), then the colours are worked out. The bytes are those that ffmpeg makes in Node by what
 * `filterGraph` tells it, so all is in whole numbers here as there. (To less than 1/160 ffmpeg shrinks in two steps.)
 *
 * Made once for frames of one kind: it keeps the filters, and memory to work in.
 */
export class PlanesToRgb {
  readonly #options: PlanesToRgbOptions;
  readonly #luma: PlaneScaler;
  readonly #u: PlaneScaler;
  readonly #v: PlaneScaler;

  constructor(like: Planes, options: PlanesToRgbOptions) {
    this.#options = options;
    const [luma, u, v] = grids(like, options.turn, options.part);
    this.#luma = new PlaneScaler(luma, options.size);
    this.#u = new PlaneScaler(u, options.size);
    this.#v = new PlaneScaler(v, options.size);
  }

  /** The picture of a frame that has the size and format of the first one. */
  convert(planes: Planes): Uint8ClampedArray {
    const { colour, turn, part, size } = this.#options;
    const [luma, u, v] = grids(planes, turn, part);
    this.#luma.read(planes.bytes, luma);
    this.#u.read(planes.bytes, u);
    this.#v.read(planes.bytes, v);
    return this.#coloured(colour, size);
  }

  #coloured(colour: Colour, { width, height }: Size): Uint8ClampedArray {
    const { black, light, redOfV, greenOfV, greenOfU, blueOfU } = factors(colour);
    const [ys, us, vs] = [new Int32Array(width), new Int32Array(width), new Int32Array(width)];
    const rgb = new Uint8ClampedArray(width * height * 3);
    for (let y = 0, o = 0; y < height; y++) {
      this.#luma.write(y, 0, ys);
      this.#u.write(y, 128, us);
      this.#v.write(y, 128, vs);
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
