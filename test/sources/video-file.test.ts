import { catchError, EMPTY, lastValueFrom, map, of, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OptionError, SourceError } from '../../src/errors/errors.ts';
import type { SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { videoFile } from '../../src/sources/video-file.ts';
import { ffmpegs, media, trueTimes, writeWith } from '../support/media.ts';
import { readFileSync } from 'node:fs';

const clip = (): string =>
  media('clip.mp4', '-f lavfi -i testsrc2=s=64x48:r=10:d=3 -pix_fmt yuv420p -c:v libx264 -g 10 -movflags +faststart');

describe.each(ffmpegs)('videoFile with ffmpeg $name', ({ file: ffmpeg }) => {
  it('labels every frame with the path, its number and its time', async () => {
    const labels = await lastValueFrom(
      videoFile(clip(), { ffmpeg }).pipe(
        map(({ label }) => label),
        toArray(),
      ),
    );
    expect(labels).toEqual(trueTimes(clip()).map((timestamp, seq) => ({ source: clip(), seq, timestamp })));
  });

  it('says what it is before, while and after it is read', async () => {
    const source = videoFile(clip(), { ffmpeg });
    const [before] = await Promise.all([source.info(), lastValueFrom(source)]);
    expect(before).toMatchObject({
      width: 64,
      height: 48,
      codec: 'h264',
      frameRate: 10,
      durationSeconds: 3,
      estimatedFrames: 30,
      still: false,
    });
    expect(await source.info()).toBe(before);
  });

  it('can be read twice, and left half-way', async () => {
    const source = videoFile(clip(), { ffmpeg, resize: { width: 8, height: 8 } });
    expect(
      await lastValueFrom(
        source.pipe(
          take(4),
          map(({ data }) => data.resized),
          toArray(),
        ),
      ),
    ).toEqual(Array(4).fill('8x8 cover 1'));
    expect(
      (
        await lastValueFrom(
          source.pipe(
            map(({ label }) => label.seq),
            toArray(),
          ),
        )
      ).length,
    ).toBe(30);
  });

  it('passes errors down the stream', async () => {
    const error = await lastValueFrom(
      videoFile('/nowhere.mp4', { ffmpeg }).pipe(catchError((thrown: unknown) => of(thrown))),
    );
    expect(error).toBeInstanceOf(SourceError);
  });

  it('tells damage by its warnings and by onWarning, and still completes', async () => {
    const whole = readFileSync(clip());
    const file = writeWith('cut.mp4', whole.subarray(0, Math.round(whole.length * 0.7)));
    const told: SourceWarning[] = [];
    const seen: SourceWarning[] = [];
    const source = videoFile(file, { ffmpeg, onWarning: (warning) => told.push(warning) });
    source.warnings.subscribe((warning) => seen.push(warning));
    const frames = await lastValueFrom(
      source.pipe(
        map(({ label }) => label.seq),
        toArray(),
      ),
    );
    expect(frames.length).toBeGreaterThan(5);
    expect(seen).toEqual(told);
    expect(seen.filter(({ code }) => code === 'damaged').length).toBe(1);
  });

  it('a slow reader gets every frame', async () => {
    const source = videoFile(clip(), { ffmpeg, maxInFlight: 1, end: 1 });
    const times: number[] = [];
    await new Promise<void>((resolve, reject) => {
      source.subscribe({
        next: (frame) => {
          times.push(frame.label.timestamp);
          frame.retain();
          setTimeout(() => frame.release(), 10);
        },
        error: reject,
        complete: resolve,
      });
    });
    expect(times).toEqual(trueTimes(clip()).slice(0, 10));
  });
});

describe('videoFile', () => {
  it('refuses bad options when it is called, not later', () => {
    expect(() => videoFile('a.mp4', { start: 3, end: 2 })).toThrow(OptionError);
    expect(() => videoFile('')).toThrow(OptionError);
    expect(() => videoFile('rtmp://host/a')).toThrow(OptionError);
    expect(() => videoFile('a.mp4', { maxInFlight: 0 })).toThrow(OptionError);
  });

  it('touches nothing until it is subscribed to', () => {
    expect(() => videoFile('/nowhere/at/all.mp4').pipe(catchError(() => EMPTY))).not.toThrow();
  });
});
