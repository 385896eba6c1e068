import { describe, expect, it } from 'vitest';
import { parseInfo } from '../../src/sources/ffmpeg/parse-info.ts';
import type { VideoInfo } from '../../src/sources/ffmpeg/video-info.ts';

/** What ffmpeg prints, of several versions, shortened to what is read. */
function parsed(...lines: string[]): VideoInfo {
  const [info] = videosIn(...lines);
  if (info === undefined) throw new Error('there is no video stream');
  return info;
}

function videosIn(...lines: string[]): readonly VideoInfo[] {
  const infos = parseInfo(lines.join('\n') + '\n');
  if (infos === 'not-media') throw new Error(infos);
  return infos;
}

const MP4 = "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a.mp4':";

describe('parseInfo', () => {
  it('reads a phone video', () => {
    const info = parsed(
      MP4,
      '  Metadata:',
      '    major_brand     : qt',
      '  Duration: 01:02:03.50, start: -0.040000, bitrate: 9000 kb/s',
      '  Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 64 kb/s (default)',
      '  Stream #0:1[0x2](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67), 1920x1080, 8900 kb/s, 29.97 fps, 29.97 tbr, 600 tbn (default)',
      '      Metadata:',
      '        rotate          : 90',
      '      Side data:',
      '        displaymatrix: rotation of -90.00 degrees',
      'At least one output file must be specified',
    );
    expect(info).toEqual({
      container: 'mov,mp4,m4a,3gp,3g2,mj2',
      codec: 'hevc',
      width: 1080,
      height: 1920,
      storedWidth: 1920,
      storedHeight: 1080,
      pixelAspect: 1,
      rotation: 90,
      pixelFormat: 'yuv420p10le',
      matrix: 'bt2020nc',
      primaries: 'bt2020',
      transfer: 'arib-std-b67',
      interlaced: false,
      range: 'limited',
      durationSeconds: 3723.5,
      startSeconds: -0.04,
      frameRate: 29.97,
      estimatedFrames: 111593,
      still: false,
      stream: 1,
      isDefault: true,
    });
  });

  it('reads a line without tags, aspect and bit rate, as the build of 2018 prints it', () => {
    const info = parsed(
      "Input #0, gif, from 'a.gif':",
      '  Duration: N/A, bitrate: N/A',
      '    Stream #0:0: Video: gif, bgra, 320x180, 30 fps, 30 tbr, 100 tbn, 100 tbc',
    );
    expect(info).toMatchObject({
      width: 320,
      pixelFormat: 'bgra',
      matrix: undefined,
      range: undefined,
      durationSeconds: undefined,
      startSeconds: 0,
      estimatedFrames: undefined,
      frameRate: 30,
    });
  });

  it.each([
    ['yuv420p', undefined, undefined],
    ['yuv420p(progressive)', undefined, undefined],
    ['yuv420p(tv)', undefined, 'limited'],
    ['yuv420p(tv, bt709)', 'bt709', 'limited'],
    ['yuv420p(tv, bt709, top first)', 'bt709', 'limited'],
    ['yuv420p(bt709)', 'bt709', undefined],
    ['yuv420p(tv, unknown/bt709/bt709)', undefined, 'limited'],
    ['yuvj420p(pc, bt470bg/unknown/unknown)', 'bt470bg', 'full'],
    ['yuv420p(tv, smpte170m/bt470bg/smpte170m, bottom coded first (swapped))', 'smpte170m', 'limited'],
    ['gbrp(pc, gbr/unknown/unknown)', 'gbr', 'full'],
    ['yuv420p(10 bpc, tv, smpte240m)', 'smpte240m', 'limited'],
  ])('reads the tags of %s', (text, matrix, range) => {
    const info = parsed(
      MP4,
      `  Stream #0:0: Video: h264 (High) (avc1 / 0x31637661), ${text}, 640x360 [SAR 1:1 DAR 16:9], 25 fps`,
    );
    expect(info).toMatchObject({ matrix, range, width: 640, height: 360 });
  });

  it('is not led astray by a picture size in a codec tag or by words of the file', () => {
    const info = parsed(
      MP4,
      '  Metadata:',
      '    title           : Stream #0:0: Video: h264, yuv420p, 9999x9999',
      '                    : Stream #0:0: Video: h264, yuv420p, 8888x8888',
      '  Stream #0:0: Video: rawvideo (RGB[24] / 0x18424752), rgb24, 12x34, SAR 0:1, 25 fps',
    );
    expect(info).toMatchObject({ width: 12, height: 34, pixelAspect: 1, pixelFormat: 'rgb24' });
  });

  it.each([
    ['64:45', 1024, 576],
    ['8:9', 720, 648],
    ['0:1', 720, 576],
  ])('grows to square pixels from an aspect of %s', (aspect, width, height) => {
    expect(
      parsed(MP4, `  Stream #0:0: Video: mpeg2video, yuv420p, 720x576 [SAR ${aspect} DAR 16:9], 25 fps`),
    ).toMatchObject({ width, height });
  });

  it('takes the aspect that the container states, where the codec has another', () => {
    const line = (sar: string): string =>
      `  Stream #0:0: Video: h264 (High), yuv420p(tv), 320x360 ${sar}, 20 fps, 20 tbr`;
    expect(parsed(MP4, line('[SAR 1:1 DAR 8:9], 620 kb/s, SAR 2:1 DAR 16:9'))).toMatchObject({
      width: 640,
      height: 360,
    });
    expect(parsed(MP4, line('[SAR 2:1 DAR 16:9], 620 kb/s, SAR 1:1 DAR 8:9'))).toMatchObject({
      width: 320,
      height: 360,
    });
    expect(parsed(MP4, line('[SAR 2:1 DAR 16:9], 620 kb/s'))).toMatchObject({ width: 640, height: 360 });
    expect(parsed(MP4, line('[SAR 1:1 DAR 8:9], SAR 0:1 DAR 0:0'))).toMatchObject({ width: 320, height: 360 });
  });

  it('takes the first video that is not a cover', () => {
    const cover =
      '  Stream #0:0: Video: mjpeg (Baseline), yuvj444p(pc), 600x600 [SAR 1:1 DAR 1:1], 90k tbr, 90k tbn (attached pic)';
    const oldCover = '    Stream #0:1: Video: png, rgb24(pc), 500x500 [SAR 1:1 DAR 1:1], 90k tbr, 90k tbn, 90k tbc';
    const video = '  Stream #0:2: Video: h264 (High), yuv420p, 64x48, 25 fps, 25 tbr, 90k tbn';
    expect(parsed(MP4, cover, oldCover, video)).toMatchObject({ stream: 2, width: 64 });
    expect(videosIn(MP4, cover, oldCover)).toEqual([]);
  });

  it('tells stills from videos', () => {
    const png = parsed(
      "Input #0, png_pipe, from 'a.png':",
      '  Duration: N/A, bitrate: N/A',
      '  Stream #0:0: Video: png, rgb24(pc), 320x180 [SAR 1:1 DAR 16:9], 25 fps, 25 tbr, 25 tbn',
    );
    expect(png).toMatchObject({ still: true, estimatedFrames: 1, frameRate: undefined, durationSeconds: undefined });
  });

  it.each([
    ['', 'not-media'],
    ['a.mp4: Invalid data found when processing input\n', 'not-media'],
    ["Input #0, tty, from 'notes.txt':\n  Stream #0:0: Video: ansi, pal8, 640x400, 25 fps\n", 'not-media'],
    ["Input #0, wav, from 'a.wav':\n  Stream #0:0: Audio: pcm_s16le, 44100 Hz\n", []],
    [`${MP4}\n  Stream #0:0: Video: none (xxxx / 0x0), none, 25 fps\n`, []],
    [`${MP4}\n  Stream #0:0: Video: h264, yuv420p, 0x0, 25 fps\n`, []],
  ])('%#: reports what is no video', (text, expected) => {
    expect(parseInfo(text)).toEqual(expected);
  });
});
