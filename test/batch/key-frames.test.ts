import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { infer, OptionError, type Model } from 'sluice';
import { labelFiles, videoFile, type JobEvent, type LabelFilesOptions } from 'sluice/node';
import { loadModel } from '../../src/models/named-model.ts';
import { long, NETWORK } from '../support/clips.ts';
import { errorsIn, sluice, squirrel } from '../support/sluice.ts';

const MODEL = { model: 'lenet5', seed: 1, fit: 'contain' } as const;
const FEW = [...NETWORK, '--engine', 'wasm', '--top', '1', '--sample', 'keyframes'];
/** Key frames every 2 s, 10 of them. */
const NEAREST = `${long()}: 10 key frames for 20 ticks, 0.5 s off in the median and 1 s at most`;

describe('batches of key frames', { timeout: 120_000 }, () => {
  it('have the results of the same frames of the whole video', async () => {
    const events: JobEvent[] = [];
    const options: LabelFilesOptions = { ...MODEL, top: 3, engine: 'wasm', workers: 1, batch: 1 };
    const onEvent = (event: JobEvent): void => void events.push(event);
    const [whole, keys] = await Promise.all([
      lastValueFrom(labelFiles([long()], { ...options, every: 50 }).pipe(toArray())),
      lastValueFrom(labelFiles([long()], { ...options, sample: 'keyframes', onEvent }).pipe(toArray())),
    ]);
    expect(keys.map(({ seq, timestamp }) => [seq, timestamp])).toEqual(
      Array.from({ length: 10 }, (_, i) => [i, i * 2e6]),
    );
    expect(keys.map(({ classes }) => classes)).toEqual(whole.map(({ classes }) => classes));
    const parts = events.filter((event) => event.type === 'part');
    expect(parts.map(({ account }) => [account.labelled, account.seen.frames, account.notices])).toEqual([
      [10, 10, []],
    ]);
  });

  it('have the results of a pipe in code', async () => {
    const model = (await loadModel(MODEL, () => undefined)) as Model;
    const frames = videoFile(long(), { resize: model.preprocess, sample: 'keyframes', fps: 0.25 });
    const piped = await lastValueFrom(frames.pipe(infer(model, { top: 1 }), toArray()));
    const options: LabelFilesOptions = { ...MODEL, top: 1, workers: 1, sample: 'keyframes', fps: 0.25 };
    const labelled = await lastValueFrom(labelFiles([long()], options).pipe(toArray()));
    expect(labelled.map(({ timestamp }) => timestamp)).toEqual([0, 4e6, 8e6, 12e6, 16e6]);
    expect(labelled.map(({ seq, timestamp }) => [seq, timestamp])).toEqual(
      piped.map(({ seq, timestamp }) => [seq, timestamp]),
    );
  });

  it('fail for a picture, with the reason, and go on with the videos', async () => {
    const events: JobEvent[] = [];
    const options: LabelFilesOptions = { ...MODEL, workers: 1, sample: 'keyframes', fps: 0.05 };
    const onEvent = (event: JobEvent): void => void events.push(event);
    const results = await lastValueFrom(labelFiles([squirrel, long()], { ...options, onEvent }).pipe(toArray()));
    expect(results.map(({ source, timestamp }) => [source, timestamp])).toEqual([[long(), 0]]);
    expect(events.flatMap((event) => (event.type === 'failed' ? [event.message] : []))).toEqual([
      `${squirrel}: a picture, and only videos have key frames: leave out --sample (the option sample)`,
    ]);
  });

  it.each<[object, string]>([
    [{ sample: 'keyframes', every: 2 }, 'every counts all frames'],
    [{ sample: 'cuts' }, 'sample must be keyframes or scenes, not "cuts"'],
    [{ sample: 'keyframes', fps: -1 }, 'fps must be a number over 0, not -1'],
  ])('refuse %o', (options, message) => {
    expect(() => labelFiles([long()], options)).toThrow(OptionError);
    expect(() => labelFiles([long()], options)).toThrow(message);
  });
});

describe('--sample keyframes', { timeout: 120_000 }, () => {
  it('gives the same from classify and from batch, and says how far off the ticks it came', async () => {
    const options = [...FEW, '--fps', '1', long()];
    const classified = await sluice(['classify', '--quiet', ...options]);
    const batched = await sluice(['batch', '--quiet', '--batch', '1', '--workers', '2', ...options]);
    expect(classified.stdout.trim().split('\n').length).toBe(10);
    expect(batched.stdout).toBe(classified.stdout);
    for (const { code, stderr } of [classified, batched]) {
      expect(code).toBe(0);
      expect(errorsIn(stderr)).toEqual([]);
      expect(stderr).toContain(NEAREST);
    }
  });
});
