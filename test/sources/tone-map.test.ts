import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { DecodeOptions } from '../../src/sources/ffmpeg/decode-options.ts';
import { hdrOf, ToneMap } from '../../src/sources/tone-map.ts';
import { all, ffmpegs, fileFrom, rgbAt } from '../support/media.ts';

type Rgb = readonly [number, number, number];

/** Light of BT.2020's channels in cd/m². */
const PATCHES: readonly Rgb[] = [
  [0, 0, 0],
  [1, 1, 1],
  [10, 10, 10],
  [100, 100, 100],
  [203, 203, 203],
  [500, 500, 500],
  [1000, 1000, 1000],
  [4000, 4000, 4000],
  [100, 20, 5],
  [20, 100, 30],
  [10, 20, 200],
  [300, 100, 50],
];
const [SIDE, WIDTH] = [16, 16 * 12];

/** The inverse of PQ's EOTF, by the constants of SMPTE ST 2084. */
function pqSignal(light: number): number {
  const y = (light / 10_000) ** (2610 / 16_384);
  return ((3424 / 4096 + (2413 / 4096) * 32 * y) / (1 + (2392 / 4096) * 32 * y)) ** ((2523 / 4096) * 128);
}

/** HLG's OETF by ARIB STD-B67, of the scene's light. */
function hlgSignal(scene: number): number {
  return scene <= 1 / 12 ? Math.sqrt(3 * scene) : 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;
}

/** The scene of a display of 1,000 cd/m² with a gamma of 1.2. */
function hlgSceneOf([r, g, b]: Rgb): Rgb {
  const luminance = (0.2627 * r + 0.678 * g + 0.0593 * b) / 1000;
  const gain = luminance === 0 ? 0 : luminance ** (1 / 1.2 - 1) / 1000;
  return [r * gain, g * gain, b * gain];
}

/** 10-bit YCbCr of BT.2020 with limited range. */
function samplesOf([r, g, b]: Rgb): Rgb {
  const y = 0.2627 * r + 0.678 * g + 0.0593 * b;
  return [64 + 876 * y, 512 + (896 * (b - y)) / 1.8814, 512 + (896 * (r - y)) / 1.4746];
}

/** What BT.2020 light looks like on a display of standard range: worked out from the definitions, step by step. */
function expected(light: Rgb): number[] {
  const share = light.map((one) => one / 203) as unknown as Rgb;
  const [r, g, b] = share;
  const linear = [
    1.6605 * r - 0.5876 * g - 0.0728 * b,
    -0.1246 * r + 1.1329 * g - 0.0083 * b,
    -0.0182 * r - 0.1006 * g + 1.1187 * b,
  ].map((one) => Math.max(0, one));
  const [knee, peak] = [0.3, 1000 / 203];
  const most = Math.max(...linear, 1e-9);
  const p = -(knee * knee * (peak - 1)) / (knee * knee - 2 * knee + peak);
  const q = (knee * knee - 2 * knee * peak + peak) / (peak - 1);
  const bent = ((q * q + 2 * q * knee + knee * knee) / (q - p)) * ((most + p) / (most + q));
  const mapped = most <= knee ? most : Math.min(1, bent);
  return linear.map((one) => Math.round(255 * Math.min(1, one * (mapped / most)) ** (1 / 2.4)));
}

/** A lossless clip of the patches. */
function clip(transfer: 'smpte2084' | 'arib-std-b67', frames = 2): string {
  const rows = PATCHES.map((light) => {
    const limited = light.map((one) => Math.min(1000, one)) as unknown as Rgb;
    const signal =
      transfer === 'smpte2084' ? light.map(pqSignal) : hlgSceneOf(limited).map((one) => hlgSignal(Math.min(1, one)));
    return samplesOf(signal as unknown as Rgb).map(Math.round);
  });
  const raw = new Uint16Array(WIDTH * SIDE * 3 * frames);
  raw.forEach((_, i) => {
    const plane = Math.floor(i / (WIDTH * SIDE)) % 3;
    raw[i] = rows[Math.floor((i % WIDTH) / SIDE)]?.[plane] ?? 0;
  });
  const tags = ['-colorspace', 'bt2020nc', '-color_primaries', 'bt2020', '-color_trc', transfer, '-color_range', 'tv'];
  const x265 = `lossless=1:log-level=error:colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc:range=limited`;
  return fileFrom(
    `${transfer}.mp4`,
    [
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv444p10le', '-s', `${WIDTH}x${SIDE}`, '-r', '10', '-i', 'pipe:0'],
      ...['-c:v', 'libx265', '-x265-params', x265, ...tags],
    ],
    new Uint8Array(raw.buffer),
  );
}

describe.each(ffmpegs)('high dynamic range with ffmpeg $name', ({ file: ffmpeg }) => {
  async function patches(file: string, options: DecodeOptions = {}): Promise<number[][]> {
    const [arrival] = await all(decode(file, { ffmpeg, ...options }));
    if (arrival === undefined) throw new Error('no frame');
    return PATCHES.map((_, i) => rgbAt(arrival.data, i * SIDE + SIDE / 2, SIDE / 2));
  }
  const difference = (a: readonly number[], b: readonly number[]): number =>
    Math.max(...a.map((one, i) => Math.abs(one - (b[i] ?? NaN))));

  it('maps PQ to standard range, each patch as the definitions have it', async () => {
    const seen = await patches(clip('smpte2084'));
    seen.forEach((rgb, i) => expect(difference(rgb, expected(PATCHES[i] ?? [0, 0, 0]))).toBeLessThanOrEqual(1));
  });

  it('maps HLG, as a display of 1,000 cd/m² shows it', async () => {
    const seen = await patches(clip('arib-std-b67'));
    seen.forEach((rgb, i) => {
      const light = (PATCHES[i] ?? []).map((one) => Math.min(1000, one)) as unknown as Rgb;
      expect([rgb, difference(rgb, expected(light)) <= 2]).toEqual([rgb, true]);
    });
  });

  it('leaves the levels as they are with toneMap: none', async () => {
    const seen = await patches(clip('smpte2084'), { toneMap: 'none' });
    // Grey: the PQ signal itself, in 8 bits.
    for (const i of [0, 2, 3, 4, 6, 7]) {
      const level = Math.round(255 * pqSignal(PATCHES[i]?.[0] ?? 0));
      expect(difference(seen[i] ?? [], [level, level, level])).toBeLessThanOrEqual(1);
    }
  });

  it('maps what is resized, between black bars, with the times of the file', async () => {
    const resize = { width: 96, height: 96, fit: 'contain' } as const;
    const arrivals = await all(decode(clip('smpte2084', 3), { ffmpeg, resize }));
    expect(arrivals.map(({ timestamp }) => timestamp)).toEqual([0, 100_000, 200_000]);
    for (const { data } of arrivals) {
      expect(data).toMatchObject({ width: 96, height: 96, channels: 3 });
      expect(data.data).toHaveLength(96 * 96 * 3);
      expect(rgbAt(data, 52, 10)).toEqual([0, 0, 0]);
      // Seven of the twelve patches to the right: 1,000 cd/m² is white.
      expect(difference(rgbAt(data, 52, 48), [255, 255, 255])).toBeLessThanOrEqual(1);
    }
  });

  it('leaves standard range alone', async () => {
    const file = fileFrom('sdr.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=5:d=0.4', '-pix_fmt', 'yuv420p']);
    const pictures = async (toneMap: 'auto' | 'none') =>
      (await all(decode(file, { ffmpeg, toneMap }))).map(({ data }) => data);
    expect(await pictures('auto')).toEqual(await pictures('none'));
  });

  it('a clip that is left half-way, and read twice at once, gives the same', async () => {
    const source = decode(clip('smpte2084', 3), { ffmpeg });
    const half = source[Symbol.asyncIterator]();
    const first = await half.next();
    await half.return();
    const [one, other] = await Promise.all([all(source), all(source)]);
    expect(one).toEqual(other);
    expect(first.value).toEqual(one[0]);
  });
});

describe('toneMap', () => {
  it.each(['hable', '', true, null])('%o is refused', (toneMap) => {
    expect(() => decode('clip.mp4', { toneMap: toneMap as 'auto' })).toThrow(/toneMap must be auto or none/);
  });

  it('is for the transfers of BT.2100 only', () => {
    expect(hdrOf({ transfer: 'bt709', primaries: 'bt2020' })).toBeUndefined();
    expect(hdrOf({})).toBeUndefined();
    expect(hdrOf({ transfer: 'smpte2084' })).toEqual({ transfer: 'pq', primaries: 'bt2020' });
    expect(hdrOf({ transfer: 'arib-std-b67', primaries: 'smpte432' })).toEqual({ transfer: 'hlg', primaries: 'p3' });
  });

  it.each(['pq', 'hlg'] as const)('keeps the order of greys of %s, and white white', (transfer) => {
    const map = new ToneMap({ transfer, primaries: 'bt2020' });
    const greys = Uint16Array.from({ length: 3 * 4096 }, (_, i) => i % 4096);
    const rgb = map.map(greys);
    for (let i = 1; i < 4096; i++) expect(rgb[3 * i] ?? 0).toBeGreaterThanOrEqual(rgb[3 * i - 3] ?? 0);
    expect([...rgb.subarray(0, 3), ...rgb.subarray(-3)]).toEqual([0, 0, 0, 255, 255, 255]);
    expect(map.map(new Uint16Array(0))).toEqual(new Uint8Array(0));
  });
});
