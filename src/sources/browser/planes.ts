/** Where a plane lies in a decoded frame's bytes. */
export interface Plane {
  readonly offset: number;
  readonly stride: number;
}

/** How a frame's samples lie in its bytes, as WebCodecs calls it. */
export type PlaneFormat = (typeof YUV)[number] | (typeof RGB)[number];

const YUV = ['I420', 'I422', 'I444', 'NV12'] as const;
const RGB = ['RGBA', 'RGBX', 'BGRA', 'BGRX'] as const;

/** @internal Whether a format holds luma and chroma. */
export function isYuv(format: string | null): format is (typeof YUV)[number] {
  return (YUV as readonly (string | null)[]).includes(format);
}

/** @internal Whether a format holds red, green and blue, four bytes a pixel. */
export function isRgb(format: string | null): format is (typeof RGB)[number] {
  return (RGB as readonly (string | null)[]).includes(format);
}

/** What of a decoded frame is needed to read it. */
export interface Planes {
  readonly format: PlaneFormat;
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly layout: readonly Plane[];
}

/** A part of a picture in whole pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How a stored picture is shown: turned clockwise, then mirrored. */
export interface Turn {
  readonly rotation: number;
  readonly flip: boolean;
}

/** A plane's numbers: its size, where it begins, how far apart rows and neighbours are, and how much coarser than the picture it is. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly offset: number;
  readonly stride: number;
  readonly step: number;
  /** 1 where it has one number for two columns. */
  readonly across: 0 | 1;
  /** The same for rows. */
  readonly down: 0 | 1;
}

/** @internal Luma, U and V of a part of the picture as it is shown; or red, green and blue. */
export function grids(planes: Planes, turn: Turn, part: Area): readonly [Grid, Grid, Grid] {
  const shown = (grid: Grid) => cut(turned(grid, turn), part);
  const [first, second, third] = stored(planes);
  return [shown(first), shown(second), shown(third)];
}

function stored({ format, width, height, layout }: Planes): readonly [Grid, Grid, Grid] {
  if (isRgb(format)) {
    const [{ offset, stride }] = layout as readonly [Plane];
    const channel = (at: number): Grid => ({ ...whole, offset: offset + at });
    const whole = { width, height, stride, step: 4, across: 0, down: 0 } as const;
    return format.startsWith('B') ? [channel(2), channel(1), channel(0)] : [channel(0), channel(1), channel(2)];
  }
  const across = format === 'I444' ? 0 : 1;
  const down = format === 'I420' || format === 'NV12' ? 1 : 0;
  const [luma, u, second] = layout as readonly [Plane, Plane, Plane | undefined];
  // NV12 has both in one plane, in turn.
  const v = second ?? { offset: u.offset + 1, stride: u.stride };
  const size = { width: (width + across) >> across, height: (height + down) >> down };
  const chroma = { ...size, step: format === 'NV12' ? 2 : 1, across, down } as const;
  return [
    { ...luma, width, height, step: 1, across: 0, down: 0 },
    { ...u, ...chroma },
    { ...v, ...chroma },
  ];
}

/** The same numbers, read in another order. */
function turned(grid: Grid, { rotation, flip }: Turn): Grid {
  if (flip) return mirrored(turned(grid, { rotation, flip: false }));
  const { width, height, offset, stride, step, across, down } = grid;
  const [lastRow, lastColumn] = [(height - 1) * stride, (width - 1) * step];
  const lying = { width: height, height: width, across: down, down: across };
  switch (rotation) {
    case 90:
      return { ...lying, offset: offset + lastRow, stride: step, step: -stride };
    case 180:
      return { ...grid, offset: offset + lastRow + lastColumn, stride: -stride, step: -step };
    case 270:
      return { ...lying, offset: offset + lastColumn, stride: -step, step: stride };
    default:
      return grid;
  }
}

function mirrored(grid: Grid): Grid {
  return { ...grid, offset: grid.offset + (grid.width - 1) * grid.step, step: -grid.step };
}

/** From the number that the part's first pixel lies in, as ffmpeg's `crop` has it. */
function cut(grid: Grid, { left, top, width, height }: Area): Grid {
  const { offset, stride, step, across, down } = grid;
  return {
    ...grid,
    width: (width + across) >> across,
    height: (height + down) >> down,
    offset: offset + (top >> down) * stride + (left >> across) * step,
  };
}
