/** How a high-dynamic-range picture stores light. */
export interface Hdr {
  /** PQ (SMPTE ST 2084) or HLG (ARIB STD-B67), both of ITU-R BT.2100. */
  readonly transfer: 'pq' | 'hlg';
  readonly primaries: 'bt2020' | 'p3' | 'bt709';
}

/** Levels of a sample of the planes that are mapped. */
const LEVELS = 4096;
/** The light (cd/m²) of white in a picture of standard range: the reference white of ITU-R BT.2408. */
const WHITE = 203;
/** The light of the brightest highlight that keeps its own shade. */
const PEAK = 1000;
/** Up to this share of white, light stays as it is; above, it is compressed towards white. */
const KNEE = 0.3;
/** The exponent of a display of standard range, ITU-R BT.1886. */
const DISPLAY_GAMMA = 2.4;

type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/** From linear RGB of each primaries to that of BT.709. */
const TO_BT709: Readonly<Record<Hdr['primaries'], Matrix>> = {
  bt709: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  bt2020: [1.660491, -0.587641, -0.07285, -0.12455, 1.1329, -0.008349, -0.018151, -0.100579, 1.11873],
  p3: [1.22494, -0.22494, 0, -0.042057, 1.042057, 0, -0.019638, -0.078636, 1.098274],
};

/** Whether a stream is of high dynamic range, by ffmpeg's names of its tags. */
export function hdrOf({
  transfer,
  primaries,
}: {
  transfer?: string | undefined;
  primaries?: string | undefined;
}): Hdr | undefined {
  const how = transfer === 'smpte2084' ? 'pq' : transfer === 'arib-std-b67' ? 'hlg' : undefined;
  if (how === undefined) return undefined;
  const of = primaries === 'bt709' ? 'bt709' : primaries === 'smpte432' ? 'p3' : 'bt2020';
  return { transfer: how, primaries: of };
}

/**
 * Maps high-dynamic-range pictures to standard range: to light, to the colours of BT.709, then highlights are compressed
 * (Möbius, by the brightest channel, so that hues stay), then to the levels of a BT.1886 display. The same for each frame.
 */
export class ToneMap {
  readonly #light: Float64Array;
  readonly #matrix: Matrix;
  /** By the square root of the luminance of the scene; of PQ there is none. */
  readonly #gains: Float64Array | undefined;

  constructor({ transfer, primaries }: Hdr) {
    const isPq = transfer === 'pq';
    this.#matrix = TO_BT709[primaries];
    this.#gains = isPq ? undefined : table((root) => (1000 / WHITE) * (root * root) ** 0.2);
    this.#light = table((signal) => (isPq ? pqLight(signal) / WHITE : hlgScene(signal)));
  }

  /** Maps planes of green, blue and red with 12 bits a sample, one after another, to RGB bytes. */
  map(planes: Uint16Array): Uint8Array {
    const count = planes.length / 3;
    const rgb = new Uint8Array(planes.length);
    const [rr, rg, rb, gr, gg, gb, br, bg, bb] = this.#matrix;
    const [lights, gains] = [this.#light, this.#gains];
    for (let i = 0, to = 0; i < count; i++) {
      let g = lights[planes[i] ?? 0] ?? 0;
      let b = lights[planes[i + count] ?? 0] ?? 0;
      let r = lights[planes[i + 2 * count] ?? 0] ?? 0;
      if (gains !== undefined) {
        const gain = gains[indexOfRoot(0.2627 * r + 0.678 * g + 0.0593 * b)] ?? 0;
        r *= gain;
        g *= gain;
        b *= gain;
      }
      const red = rr * r + rg * g + rb * b;
      const green = gr * r + gg * g + gb * b;
      const blue = br * r + bg * g + bb * b;
      const most = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
      const scale = most > KNEE ? compressed(most) / most : 1;
      rgb[to++] = CODES[indexOfRoot(red * scale)] ?? 0;
      rgb[to++] = CODES[indexOfRoot(green * scale)] ?? 0;
      rgb[to++] = CODES[indexOfRoot(blue * scale)] ?? 0;
    }
    return rgb;
  }
}

/** The light (cd/m²) of a PQ signal from 0 to 1. */
function pqLight(signal: number): number {
  const power = signal ** (32 / 2523);
  return 10_000 * (Math.max(0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (8192 / 1305);
}

/** The light of the scene, 0 to 1, of an HLG signal from 0 to 1. */
function hlgScene(signal: number): number {
  return signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12;
}

const BEND = (-(KNEE ** 2) * (PEAK / WHITE - 1)) / (KNEE ** 2 - 2 * KNEE + PEAK / WHITE);
const REACH = (KNEE ** 2 - (2 * KNEE * PEAK) / WHITE + PEAK / WHITE) / (PEAK / WHITE - 1);
const SCALE = (REACH ** 2 + 2 * REACH * KNEE + KNEE ** 2) / (REACH - BEND);

/** A curve that goes on from the knee without a kink, and makes the peak 1. */
function compressed(light: number): number {
  return (SCALE * (light + BEND)) / (light + REACH);
}

/** Levels of the picture by the square root of light, which spreads dark ones over the table. */
const CODES = Uint8Array.from(table((root) => Math.round(255 * root ** (2 / DISPLAY_GAMMA))));

/** The place of a share of light in such a table; from 0 to 1. */
function indexOfRoot(share: number): number {
  return share <= 0 ? 0 : share >= 1 ? LEVELS - 1 : Math.trunc(Math.sqrt(share) * (LEVELS - 1) + 0.5);
}

/** The values of a function at as many places from 0 to 1 as there are levels. */
function table(valueAt: (place: number) => number): Float64Array {
  return Float64Array.from({ length: LEVELS }, (_, i) => valueAt(i / (LEVELS - 1)));
}
