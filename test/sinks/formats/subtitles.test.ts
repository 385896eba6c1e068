import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { OptionError, srtWriter, webvttWriter, type Classification, type StoredResult } from 'sluice';
import { ffmpegs, scratch } from '../../support/media.ts';
import { NASTY, resultOf, textOf } from '../../support/results.ts';

const cuesIn = (text: string) =>
  [...text.matchAll(/^(\S+) --> (\S+)\n(.*)\n\n/gm)].map(([, start, end, label]) => [start, end, label]);

const formats = { webvtt: webvttWriter, srt: srtWriter };

/** The times, in seconds, that ffmpeg reads out of subtitles. */
function readByFfmpeg(ffmpeg: string, format: 'webvtt' | 'srt', text: string): { start: number; end: number }[] {
  const file = path.join(scratch(), `subtitles.${format === 'srt' ? 'srt' : 'vtt'}`);
  writeFileSync(file, text);
  const printed = execFileSync(ffmpeg, ['-v', 'error', '-i', file, '-map', '0', '-c', 'copy', '-f', 'framecrc', '-'], {
    encoding: 'utf8',
  });
  return printed
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, , pts = 0, duration = 0] = line.split(',').map(Number);
      return { start: pts / 1000, end: (pts + duration) / 1000 };
    });
}

describe('webvttWriter and srtWriter', () => {
  it('write a cue for each stretch of the same label', () => {
    const results = [resultOf(0, 'cat'), resultOf(1, 'cat', 'dog'), resultOf(2, 'dog'), resultOf(3, 'dog')];
    expect(textOf(webvttWriter(), results)).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:00.080\ncat\n\n00:00:00.080 --> 00:00:00.160\ndog\n\n',
    );
    expect(textOf(srtWriter(), results)).toBe(
      '1\n00:00:00,000 --> 00:00:00,080\ncat\n\n2\n00:00:00,080 --> 00:00:00,160\ndog\n\n',
    );
  });

  it('write a cue when it is over, not before', () => {
    const writer = webvttWriter().open();
    expect([resultOf(0, 'cat'), resultOf(1, 'cat'), resultOf(2)].map((result) => writer.write(result))).toEqual([
      'WEBVTT\n\n',
      '',
      '00:00:00.000 --> 00:00:00.080\ncat\n\n',
    ]);
    expect(writer.end()).toBe('');
  });

  it('are whole without any result', () => {
    expect([textOf(webvttWriter(), []), textOf(srtWriter(), [])]).toEqual(['WEBVTT\n\n', '']);
  });

  it('leave gaps where no class was good enough', () => {
    const text = textOf(webvttWriter(), [resultOf(0, 'cat'), resultOf(1), resultOf(2), resultOf(3, 'cat')]);
    expect(cuesIn(text)).toEqual([
      ['00:00:00.000', '00:00:00.040', 'cat'],
      ['00:00:00.120', '00:00:00.160', 'cat'],
    ]);
    expect(textOf(srtWriter(), [resultOf(0), resultOf(1)])).toBe('');
  });

  it('give a photo a second, and frames closer than a millisecond one', () => {
    expect(cuesIn(textOf(webvttWriter(), [resultOf(0, 'cat')]))).toEqual([['00:00:00.000', '00:00:01.000', 'cat']]);
    const quick = ['a', 'b'].map((label, i) => ({ ...resultOf(i, label), timestamp: i * 100 }));
    expect(cuesIn(textOf(webvttWriter(), quick))[0]).toEqual(['00:00:00.000', '00:00:00.001', 'a']);
  });

  it('end the last one where it says that it ends', () => {
    const file: StoredResult<Classification> = { ...resultOf(0, 'cat'), end: 3_500_000, frames: 70 };
    expect(cuesIn(textOf(webvttWriter(), [file]))).toEqual([['00:00:00.000', '00:00:03.500', 'cat']]);
  });

  it.each([
    [3_599_999_600, '01:00:00.000'],
    [3_599_999_400, '00:59:59.999'],
    [90_061_001_000, '25:01:01.001'],
    [1_000 * 3_600_000_000, '1000:00:00.000'],
    [-500_000, '00:00:00.000'],
  ])('%d µs is %s', (timestamp, written) => {
    expect(cuesIn(textOf(webvttWriter(), [{ ...resultOf(0, 'cat'), timestamp }]))[0]?.[0]).toBe(written);
  });

  it('are about one file each', () => {
    for (const [format, make] of Object.entries(formats)) {
      const writer = make().open();
      writer.write(resultOf(0, 'cat'));
      expect(() => writer.write({ ...resultOf(0, 'cat'), source: 'b.mp4' })).toThrow(OptionError);
      expect(() => writer.write({ ...resultOf(0, 'cat'), source: 'b.mp4' })).toThrow(
        `a ${format} file holds the labels of one source, but got results of clip.mp4 and b.mp4`,
      );
    }
  });

  describe.each(ffmpegs)('are read by ffmpeg ($name)', ({ file }) => {
    it.each(['webvtt', 'srt'] as const)('%s, with every label there is', (format) => {
      // Over an hour apart, so that the hours are read too; ffmpeg knows no cue without text.
      const labels = NASTY.filter((label) => label.trim() !== '').map((label, i) => `${label}|${i}`);
      const results = labels.map((label, i) => ({ ...resultOf(i, label), timestamp: i * 3_700_000_000 + 1_000 }));
      const times = readByFfmpeg(file, format, textOf(formats[format](), results));
      expect(times).toEqual(labels.map((_, i) => ({ start: i * 3700 + 0.001, end: (i + 1) * 3700 + 0.001 })));
    });

    it('a number for a label is no number of a cue', () => {
      const digits = ['7', '2', '7'].map((label, i) => resultOf(i, label));
      expect(readByFfmpeg(file, 'srt', textOf(srtWriter(), digits)).map(({ start }) => start)).toEqual([0, 0.04, 0.08]);
    });
  });
});

it('webvttWriter writes markup as text', () => {
  const text = textOf(webvttWriter(), [resultOf(0, 'a --> b <c.d> & \r\n\r\n e')]);
  expect(cuesIn(text)[0]?.[2]).toBe('a --&gt; b &lt;c.d&gt; &amp;   e');
});

it('srtWriter keeps its text from being taken for markup or times', () => {
  const text = textOf(srtWriter(), [resultOf(0, '<i>00:00:01,000 --> 00:00:02,000 {\\an8}')]);
  expect(cuesIn(text.replaceAll('\u2060', '¦'))[0]?.[2]).toBe('<¦i>00:00:01,000 --¦> 00:00:02,000 {¦\\an8}');
});
