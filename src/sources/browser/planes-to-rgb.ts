import { taps } from '../../preprocess/resize.ts';
import type { Colour, Matrix } from '../colour.ts';

/** Where a plane lies in a decoded frame's bytes. */
export interface Plane {
  readonly offset: number;
  readonly stride: number;
}

/** What of a decoded frame is needed to read it. */
export interface Planes {
  /** As WebCodecs calls them. */
  readonly format: 'I420' | 'I422' | 'I444' | 'NV12';
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly layout: readonly Plane[];
}

/** Kr and Kb: what red and blue weigh in the luma (ITU-R BT.601, BT.709, BT.2020; SMPTE 240M; FCC 73.682). */
const LUMA: Readonly<Record<Matrix, readonly [number, number]>> = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
  smpte240m: [0.212, 0.087],
  fcc: [0.3, 0.11],
};

/** What a plane's numbers weigh in red, green and blue. */
function factors({ matrix = 'bt601', range }: Colour) {
  const [kr, kb] = LUMA[matrix];
  const kg = 1 - kr - kb;
  const [black, span, spread] = range === 'full' ? [0, 255, 255] : [16, 219, 224];
  const chroma = 255 / spread;
  return {
    light: { zero: black, scale: 255 / span },
    redOfV: 2 * (1 - kr) * chroma,
    greenOfV: (-2 * (1 - kr) * kr * chroma) / kg,
    greenOfU: (-2 * (1 - kb) * kb * chroma) / kg,
    blueOfU: 2 * (1 - kb) * chroma,
  };
}

/** A plane's numbers: where it begins, how far apart rows and neighbours are, and how much smaller than the picture it is. */
interface Grid {
  readonly offset: number;
  readonly stride: number;
  readonly step: number;
  readonly across: 0 | 1;
  readonly down: 0 | 1;
}

function grids({ format, layout }: Planes): readonly [Grid, Grid, Grid] {
  const across = format === 'I444' ? 0 : 1;
  const down = format === 'I420' || format === 'NV12' ? 1 : 0;
  const [luma, first, second] = layout as readonly [Plane, Plane, Plane | undefined];
  // NV12 has both in one plane, in turn.
  const step = format === 'NV12' ? 2 : 1;
  const v = second ?? { offset: first.offset + 1, stride: first.stride };
  return [
    { ...luma, step: 1, across: 0, down: 0 },
    { ...first, step, across, down },
    { ...v, step, across, down },
  ];
}

/** @internal RGB of a frame in planes, each pixel with the colour of the block it lies in. */
export function planesToRgb(planes: Planes, colour: Colour): Uint8ClampedArray {
  const { width, height, bytes } = planes;
  const { light, redOfV, greenOfV, greenOfU, blueOfU } = factors(colour);
  const [luma, u, v] = grids(planes);
  const rgb = new Uint8ClampedArray(width * height * 3);
  let o = 0;
  for (let y = 0; y < height; y++) {
    const row = luma.offset + y * luma.stride;
    const uRow = u.offset + (y >> u.down) * u.stride;
    const vRow = v.offset + (y >> v.down) * v.stride;
    for (let x = 0; x < width; x++) {
      const at = (x >> u.across) * u.step;
      const value = ((bytes[row + x] as number) - light.zero) * light.scale;
      const [cu, cv] = [(bytes[uRow + at] as number) - 128, (bytes[vRow + at] as number) - 128];
      rgb[o++] = value + cv * redOfV;
      rgb[o++] = value + cu * greenOfU + cv * greenOfV;
      rgb[o++] = value + cu * blueOfU;
    }
  }
  return rgb;
}

/** A part of a picture in whole pixels. */
export interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * @internal RGB of a part of a frame in another size: each plane is brought to that size (area average where it shrinks,
 * bilinear where it grows, as ffmpeg does), then the colours are worked out. Less work than the other way round, too.
 */
export function planesToSize(
  planes: Planes,
  colour: Colour,
  part: Part,
  width: number,
  height: number,
): Uint8ClampedArray {
  const { light, redOfV, greenOfV, greenOfU, blueOfU } = factors(colour);
  const [y, u, v] = grids(planes).map((grid) => scaled(planes.bytes, grid, part, width, height)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let i = 0, o = 0; i < width * height; i++) {
    const value = ((y[i] as number) - light.zero) * light.scale;
    const [cu, cv] = [(u[i] as number) - 128, (v[i] as number) - 128];
    rgb[o++] = value + cv * redOfV;
    rgb[o++] = value + cu * greenOfU + cv * greenOfV;
    rgb[o++] = value + cu * blueOfU;
  }
  return rgb;
}

function scaled(bytes: Uint8Array, grid: Grid, part: Part, width: number, height: number): Float32Array {
  const columns = taps(part.left / 2 ** grid.across, part.width / 2 ** grid.across, width);
  const rows = taps(part.top / 2 ** grid.down, part.height / 2 ** grid.down, height);
  const first = columns[0]?.first ?? 0;
  const last = columns.at(-1);
  const sum = new Float32Array((last ? last.first + last.weights.length : 0) - first);
  const out = new Float32Array(width * height);
  let o = 0;
  for (const row of rows) {
    sum.fill(0);
    row.weights.forEach((weight, tap) => {
      const at = grid.offset + (row.first + tap) * grid.stride + first * grid.step;
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (bytes[at + i * grid.step] as number);
    });
    for (const { first: from, weights } of columns) {
      let value = 0;
      for (let tap = 0; tap < weights.length; tap++)
        value += (weights[tap] as number) * (sum[from - first + tap] as number);
      out[o++] = value;
    }
  }
  return out;
}
