import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OptionError, type Aggregate, type Classification } from 'sluice';
import { labelFiles, type JobEvent, type LabelFilesOptions } from 'sluice/node';
import { NETWORK } from '../support/clips.ts';
import { media } from '../support/media.ts';
import { errorsIn, sluice, squirrel } from '../support/sluice.ts';

const MODEL = { model: 'lenet5', seed: 1, fit: 'contain', engine: 'wasm', workers: 1, batch: 1 } as const;
/** Two shots of 4 s, with a key frame every second. */
const cut = (): string =>
  media(
    'cut.mp4',
    '-f lavfi -i testsrc2=s=320x240:r=25:d=4 -f lavfi -i smptebars=s=320x240:r=25:d=4 -filter_complex [0][1]concat ' +
      '-pix_fmt yuv420p -c:v libx264 -preset ultrafast -crf 10 -g 25',
  );

describe('batches of scenes', { timeout: 120_000 }, () => {
  it('have the results of the same frames of the whole video, in one part', async () => {
    const events: JobEvent[] = [];
    const onEvent = (event: JobEvent): void => void events.push(event);
    const options: LabelFilesOptions = { ...MODEL, top: 3 };
    const [whole, shots] = await Promise.all([
      lastValueFrom(labelFiles([cut()], { ...options, every: 50 }).pipe(toArray())),
      lastValueFrom(labelFiles([cut()], { ...options, sample: 'scenes', framesPerScene: 2, onEvent }).pipe(toArray())),
    ]);
    expect(shots.map(({ scene }) => scene)).toEqual([0, 0, 1, 1]);
    expect(shots.map(({ seq, timestamp }) => [seq, timestamp])).toEqual([
      [0, 0],
      [1, expect.closeTo(2e6, -6)],
      [2, 4e6],
      [3, expect.closeTo(6e6, -6)],
    ]);
    const at = (time: number) => whole.find(({ timestamp }) => timestamp === time)?.classes;
    for (const { timestamp, classes } of [shots[0], shots[2]].flatMap((one) => one ?? []))
      expect(classes).toEqual(at(timestamp));
    const parts = events.filter((event) => event.type === 'part');
    expect(parts.map(({ account }) => [account.labelled, account.seen.frames])).toEqual([[4, 4]]);
  });

  it('fail for a picture, with the reason, and go on with the videos', async () => {
    const events: JobEvent[] = [];
    const onEvent = (event: JobEvent): void => void events.push(event);
    const options: LabelFilesOptions = { ...MODEL, sample: 'scenes', onEvent };
    const results = await lastValueFrom(labelFiles([squirrel, cut()], options).pipe(toArray()));
    expect(results.map(({ source, timestamp }) => [source, timestamp])).toEqual([
      [cut(), 0],
      [cut(), 4e6],
    ]);
    expect(events.flatMap((event) => (event.type === 'failed' ? [event.message] : []))).toEqual([
      `${squirrel}: a picture, and only videos have scenes: leave out --sample (the option sample)`,
    ]);
  });

  it.each<[object, string]>([
    [{ sample: 'scenes', every: 2 }, "every counts all frames, of which sample: 'scenes' gives few"],
    [{ sample: 'scenes', fps: 1 }, "fps goes with sample: 'keyframes'"],
    [{ sample: 'scenes', sceneThreshold: -1 }, 'sceneThreshold must be a number over 0 and at most 100, not -1'],
    [{ framesPerScene: 2 }, "framesPerScene goes with sample: 'scenes'"],
  ])('refuse %o', (options, message) => {
    expect(() => labelFiles([cut()], options)).toThrow(OptionError);
    expect(() => labelFiles([cut()], options)).toThrow(message);
  });
});

describe('--sample scenes', { timeout: 120_000 }, () => {
  it('gives the same from classify and from batch, and takes the threshold', async () => {
    const options = [...NETWORK, '--engine', 'wasm', '--top', '1', '--sample', 'scenes', cut()];
    const classified = await sluice(['classify', '--quiet', ...options]);
    const batched = await sluice(['batch', '--quiet', '--batch', '1', '--workers', '2', ...options]);
    expect(classified.stdout.trim().split('\n').length).toBe(2);
    expect(batched.stdout).toBe(classified.stdout);
    for (const { code, stderr } of [classified, batched]) {
      expect(code).toBe(0);
      expect(errorsIn(stderr)).toEqual([]);
    }
    const some = await sluice([
      'classify',
      '--quiet',
      '--scene-threshold',
      '100',
      '--frames-per-scene',
      '3',
      ...options,
    ]);
    expect(some.stdout.trim().split('\n').length).toBe(3);
    const perScene = await sluice(['batch', '--quiet', '--frames-per-scene', '4', '--per', 'scene', ...options]);
    const shots = perScene.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Aggregate<Classification>);
    expect(shots.map(({ timestamp, scene, frames }) => [timestamp, scene, frames])).toEqual([
      [0, 0, 4],
      [4e6, 1, 4],
    ]);
    expect(shots[0]?.end).toBe(4e6);
  });
});
