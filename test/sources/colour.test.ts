import { describe, expect, it } from 'vitest';
import { colourOf, hasAlpha } from '../../src/sources/colour.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, ffmpegs, fileFrom, media, rgbAt } from '../support/media.ts';

const WEIGHTS = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;
const COLOURS = [
  [200, 40, 30],
  [30, 180, 60],
  [40, 50, 210],
  [128, 128, 128],
  [250, 240, 20],
] as const;

/** The textbook's conversion, written down here so that ffmpeg's is tested and not merely repeated. */
function yuv([r, g, b]: readonly [number, number, number], matrix: keyof typeof WEIGHTS, full: boolean): number[] {
  const [kr, kb] = WEIGHTS[matrix];
  const y = (kr * r + (1 - kr - kb) * g + kb * b) / 255;
  const cb = (b / 255 - y) / (2 * (1 - kb));
  const cr = (r / 255 - y) / (2 * (1 - kr));
  return full
    ? [255 * y, 128 + 255 * cb, 128 + 255 * cr].map(Math.round)
    : [16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr].map(Math.round);
}

/** A clip with one frame per colour, its samples computed here. */
function clip(height: number, matrix: keyof typeof WEIGHTS, full: boolean, tags: string, format = 'yuv420p'): string {
  const width = 64;
  const frames = COLOURS.map((rgb) => {
    const [y = 0, u = 0, v = 0] = yuv(rgb, matrix, full);
    const chroma = format === 'yuv444p' ? width * height : (width / 2) * (height / 2);
    return Buffer.concat([Buffer.alloc(width * height, y), Buffer.alloc(chroma, u), Buffer.alloc(chroma, v)]);
  });
  const raw = `-f rawvideo -pix_fmt ${format} -s ${width}x${height} -r 10 -i pipe:0`;
  return media('colour.mp4', `${raw} -c:v libx264 -qp 0 ${tags}`.trim(), Buffer.concat(frames));
}

describe.each(ffmpegs)('colour with ffmpeg $name', ({ file: ffmpeg }) => {
  it.each([
    ['untagged, 360 lines: 601', 360, 'bt601', false, ''],
    ['untagged, 718 lines: 601', 718, 'bt601', false, ''],
    ['untagged, 720 lines: 709', 720, 'bt709', false, ''],
    ['tagged 709, 360 lines', 360, 'bt709', false, '-colorspace bt709'],
    ['tagged 601 (smpte170m), 720 lines', 720, 'bt601', false, '-colorspace smpte170m'],
    ['tagged 601 (bt470bg), 720 lines', 720, 'bt601', false, '-colorspace bt470bg'],
    ['tagged 2020, 360 lines', 360, 'bt2020', false, '-colorspace bt2020nc'],
    ['full range, untagged matrix', 360, 'bt601', true, '-color_range pc'],
    ['full range, 709', 360, 'bt709', true, '-color_range pc -colorspace bt709'],
  ] as const)('%s', async (_, height, matrix, full, tags) => {
    for (const resize of [undefined, { width: 32, height: 32 }]) {
      const arrivals = await all(decode(clip(height, matrix, full, tags), { ffmpeg, ...(resize && { resize }) }));
      expect(arrivals.length).toBe(COLOURS.length);
      arrivals.forEach(({ data }, index) => {
        const got = rgbAt(data, 10, 10);
        const error = got.map((value, channel) => Math.abs(value - (COLOURS[index]?.[channel] ?? 0)));
        expect(Math.max(...error), `frame ${index}: ${String(got)}`).toBeLessThanOrEqual(3);
      });
    }
  });

  it('a turned portrait is judged by its stored lines', async () => {
    const flat = clip(360, 'bt601', false, '');
    const file = media('portrait.mp4', `-i ${flat} -c copy -metadata:s:v:0 rotate=90`);
    const [arrival] = await all(decode(file, { ffmpeg }));
    expect(Math.abs((arrival === undefined ? 0 : (rgbAt(arrival.data, 10, 10)[0] ?? 0)) - 200)).toBeLessThanOrEqual(3);
  });

  it('lays transparency over white', async () => {
    const half = "color=red:s=64x64:r=10:d=0.3,format=rgba,geq=r=255:g=0:b=0:a='if(lt(X,32),0,if(lt(Y,32),128,255))'";
    const file = fileFrom('half.mov', ['-f', 'lavfi', '-i', half, '-c:v', 'png']);
    for (const resize of [undefined, { width: 32, height: 32 }]) {
      const arrivals = await all(decode(file, { ffmpeg, ...(resize && { resize }) }));
      expect(arrivals.map(({ timestamp }) => timestamp)).toEqual([0, 100_000, 200_000]);
      const picture = arrivals[0]?.data;
      if (picture === undefined) throw new Error('no frame');
      const side = picture.width;
      expect(rgbAt(picture, 2, 2)).toEqual([255, 255, 255]);
      expect(rgbAt(picture, side - 3, side - 3)).toEqual([255, 0, 0]);
      const [red, green] = rgbAt(picture, side - 3, 2);
      expect(red).toBe(255);
      expect(Math.abs((green ?? 0) - 127)).toBeLessThanOrEqual(2);
    }
  });

  it('shows a transparent GIF on white', async () => {
    const hole =
      "color=blue:s=32x32:r=10:d=0.3,format=rgba,geq=r=0:g=0:b=255:a='if(lt(X,16),0,255)',split[a][b];[a]palettegen[p];[b][p]paletteuse";
    const file = fileFrom('hole.gif', ['-f', 'lavfi', '-i', hole]);
    const [arrival] = await all(decode(file, { ffmpeg }));
    expect(arrival && rgbAt(arrival.data, 2, 2)).toEqual([255, 255, 255]);
    expect(arrival && rgbAt(arrival.data, 30, 30)).toEqual([0, 0, 255]);
  });
});

describe('the colour rule', () => {
  const tags = { pixelFormat: 'yuv420p', height: 480 };

  it('honours tags over lines', () => {
    expect(colourOf({ ...tags, matrix: 'bt709' })).toEqual({ matrix: 'bt709', range: 'limited' });
    expect(colourOf({ ...tags, height: 1080, matrix: 'smpte170m', range: 'full' })).toEqual({
      matrix: 'bt601',
      range: 'full',
    });
  });

  it('falls back to lines for a matrix that cannot be converted', () => {
    expect(colourOf({ ...tags, matrix: 'ictcp' }).matrix).toBe('bt601');
    expect(colourOf({ ...tags, height: 1080, matrix: 'ycgco' }).matrix).toBe('bt709');
  });

  it('takes full-range formats as full', () => {
    expect(colourOf({ ...tags, pixelFormat: 'yuvj420p' }).range).toBe('full');
    expect(colourOf({ ...tags, pixelFormat: 'gray' }).range).toBe('full');
    expect(colourOf({ ...tags, pixelFormat: 'gray', range: 'limited' }).range).toBe('limited');
  });

  it('needs no matrix for RGB', () => {
    for (const pixelFormat of ['rgb24', 'bgra', 'gbrp', 'gbrap12le', 'pal8', 'rgb48be', 'bgr0', '0rgb']) {
      expect(colourOf({ ...tags, pixelFormat, matrix: 'gbr' }).matrix).toBeUndefined();
    }
  });

  it('knows which formats may be transparent', () => {
    expect(['rgba', 'bgra', 'yuva420p', 'yuva444p10le', 'gbrap', 'ya8', 'pal8', 'argb'].every(hasAlpha)).toBe(true);
    expect(['rgb24', 'yuv420p', 'gray', 'gbrp', 'bgr0', 'nv12', 'yuvj420p'].some(hasAlpha)).toBe(false);
  });
});
