/** How a video's numbers are meant: the weights of its luma, and whether they span all of 0–255 or 16–235. */
export interface VideoColour {
  readonly matrix: 'bt601' | 'bt709';
  readonly fullRange: boolean;
}

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

/** Kr and Kb: what red and blue weigh in the luma (ITU-R BT.601, BT.709). */
const LUMA = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] } as const;

/**
 * @internal The one rule for colour, as ffmpeg is told in Node: a tag is honoured; untagged video is BT.601 below 720
 * lines and BT.709 from there on, in limited range.
 */
export function colourOf(
  tags: { readonly matrix?: string | null; readonly fullRange?: boolean | null },
  height: number,
): VideoColour {
  const { matrix, fullRange } = tags;
  const is601 = matrix === 'smpte170m' || matrix === 'bt470bg';
  const known = is601 ? 'bt601' : matrix === 'bt709' ? 'bt709' : undefined;
  return { matrix: known ?? (height < 720 ? 'bt601' : 'bt709'), fullRange: fullRange ?? false };
}

/** @internal RGB of a frame in planes, each pixel with the colour of the block it lies in. */
export function planesToRgb(
  { format, width, height, bytes, layout }: Planes,
  { matrix, fullRange }: VideoColour,
): Uint8ClampedArray {
  const [kr, kb] = LUMA[matrix];
  const kg = 1 - kr - kb;
  const [black, span, spread] = fullRange ? [0, 255, 255] : [16, 219, 224];
  // Each product is one of 256: tables.
  const table = (scale: number, zero: number) => Float32Array.from({ length: 256 }, (_, i) => (i - zero) * scale);
  const light = table(255 / span, black);
  const chroma = 255 / spread;
  const redOfV = table(2 * (1 - kr) * chroma, 128);
  const greenOfV = table((-2 * (1 - kr) * kr * chroma) / kg, 128);
  const greenOfU = table((-2 * (1 - kb) * kb * chroma) / kg, 128);
  const blueOfU = table(2 * (1 - kb) * chroma, 128);
  const across = format === 'I444' ? 0 : 1;
  const down = format === 'I420' || format === 'NV12' ? 1 : 0;
  const [luma, first, second] = layout as readonly [Plane, Plane, Plane | undefined];
  // NV12 has both in one plane, in turn.
  const step = format === 'NV12' ? 2 : 1;
  const v = second ?? { offset: first.offset + 1, stride: first.stride };
  const rgb = new Uint8ClampedArray(width * height * 3);
  let o = 0;
  for (let y = 0; y < height; y++) {
    const row = luma.offset + y * luma.stride;
    const uRow = first.offset + (y >> down) * first.stride;
    const vRow = v.offset + (y >> down) * v.stride;
    for (let x = 0; x < width; x++) {
      const at = (x >> across) * step;
      const value = light[bytes[row + x] as number] as number;
      const [cu, cv] = [bytes[uRow + at] as number, bytes[vRow + at] as number];
      rgb[o++] = value + (redOfV[cv] as number);
      rgb[o++] = value + (greenOfU[cu] as number) + (greenOfV[cv] as number);
      rgb[o++] = value + (blueOfU[cu] as number);
    }
  }
  return rgb;
}
