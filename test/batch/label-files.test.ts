import { mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { detection, OptionError, segmentation, SluiceError } from 'sluice';
import { labelFiles, type JobEvent } from 'sluice/node';
import { scratch } from '../support/media.ts';
import { sample, squirrel, tiny } from '../support/sluice.ts';
import { below } from '../support/below.ts';
import { constantFolder, detectorFolder } from '../support/own-detector.ts';
import { untilNone } from '../support/kills.ts';

const MODEL = { model: 'lenet5', seed: 1, fit: 'contain', workers: 2 } as const;

describe('labelFiles', { timeout: 120_000 }, () => {
  it('gives the results of all files in order, and tells what happens', async () => {
    const events: JobEvent[] = [];
    const options = { ...MODEL, every: 5, onEvent: (event: JobEvent) => void events.push(event) };
    const results = await lastValueFrom(labelFiles([tiny(), '/nowhere.mp4', squirrel], options).pipe(toArray()));
    expect(results.map(({ source, seq }) => [source, seq])).toEqual([
      [tiny(), 0],
      [tiny(), 5],
      [squirrel, 0],
    ]);
    expect(results[0]?.classes.length).toBe(5);
    const ends = events.filter(({ type }) => type === 'file' || type === 'failed');
    expect(ends.map(({ type, file }) => `${file} ${type}`).toSorted((a, b) => a.localeCompare(b))).toEqual([
      '0 file',
      '1 failed',
      '2 file',
    ]);
    expect(await untilNone(process.pid)).toBe(true);
  });

  it('with integers of 8 bits, warns on an engine that computes in floats, and not on onnxruntime', async () => {
    for (const engine of ['wasm', 'onnxruntime'] as const) {
      const warnings: string[] = [];
      const onWarning = (message: string) => void warnings.push(message);
      const options = { precision: 'int8', engine, workers: 1, top: 1, onWarning } as const;
      const { classes } = await lastValueFrom(labelFiles([squirrel], options));
      expect(classes[0]?.label).toBe('fox squirrel');
      const expected = engine === 'wasm' ? [expect.stringContaining('int8 is faster on onnxruntime only')] : [];
      expect(warnings).toEqual(expected);
    }
  });

  it('is cold, keeps what is done in a --job, and does it once', async () => {
    const job = path.join(scratch(), 'job');
    const events: JobEvent[] = [];
    const onEvent = (event: JobEvent) => void events.push(event);
    const labelled = labelFiles([squirrel], { ...MODEL, job, onEvent });
    expect(events).toEqual([]);
    const first = await lastValueFrom(labelled.pipe(toArray()));
    expect(await lastValueFrom(labelled.pipe(toArray()))).toEqual(first);
    expect(events.flatMap((event) => (event.type === 'part' ? [event.reused] : []))).toEqual([false, true]);
    expect(readdirSync(job)).toContain('manifest.json');
  });

  it('runs a model of another task, with the options of that', async () => {
    const model = await detectorFolder('label-files', [
      [2, 2, 6, 4, 0.9, 1],
      [0, 0, 8, 8, 0.75, 0],
    ]);
    const options = { model, task: detection(), engine: 'cpu', range: [0, 1], workers: 1 } as const;
    const results = await lastValueFrom(labelFiles([squirrel], { ...options, minScore: 0.8 }).pipe(toArray()));
    expect(results.map(({ boxes }) => boxes.map(({ label, score }) => [label, score]))).toEqual([[['class 1', 0.9]]]);
    expect(() => labelFiles([squirrel], { ...options, minScore: 2 })).toThrow('minScore must be a number from 0 to 1');
    expect(() => labelFiles([squirrel], { ...options, top: 1 } as never)).toThrow('labelFiles has no option "top"');
    const wrong: unknown = await lastValueFrom(
      labelFiles([squirrel], { model: 'mobilenet-v1', task: detection(), workers: 1 }),
    ).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(OptionError);
    expect((wrong as Error).message).toContain('the task of mobilenet-v1 is classification');
  });

  it('tells the size of the maps from that of the model’s input', async () => {
    const model = await constantFolder('halves', [1, 2, 2], [0.9, 0.1, 0.1, 0.9]);
    const task = segmentation({ outputKind: 'scores', layout: 'nhwc' });
    const job = path.join(scratch(), 'maps');
    const options = { model, task, engine: 'cpu', range: [0, 1], size: { width: 8, height: 8 }, workers: 1 } as const;
    const maps = labelFiles([squirrel], { ...options, job, mapSize: 'network' }).pipe(toArray());
    expect((await lastValueFrom(maps)).map(({ place }) => [place?.width, place?.height])).toEqual([[8, 8]]);
    await expect(lastValueFrom(labelFiles([squirrel], { ...options, job }))).rejects.toThrow(
      'mapSize was "network" and is not given',
    );
  });

  it('ends its processes when it is unsubscribed from, and another may go on', async () => {
    const job = mkdtempSync(path.join(scratch(), 'job-'));
    const labelled = labelFiles([sample], { ...MODEL, workers: 1, job });
    await firstValueFrom(labelled.pipe(take(1)));
    expect(await untilNone(process.pid)).toBe(true);
    expect((await lastValueFrom(labelled.pipe(toArray()))).length).toBe(280);
    expect(below(process.pid).filter(({ name }) => name.startsWith('ffmpeg'))).toEqual([]);
  });

  it.each([
    ['no files', [], {}, 'there is no file to label'],
    ['a model that does not exist', [squirrel], { model: 'nothing' }, 'no model and no file is called nothing'],
    ['a network without weights', [squirrel], {}, 'squeezenet has no weights'],
  ])('%s is an OptionError', async (_, files, options, said) => {
    const error: unknown = await lastValueFrom(
      labelFiles(files, { workers: 2, model: 'squeezenet', ...options }),
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ message: expect.stringContaining(said) });
  });

  it('refuses a folder that another works in', async () => {
    const job = path.join(scratch(), 'job');
    const both = [labelFiles([tiny()], { ...MODEL, job }), labelFiles([tiny()], { ...MODEL, job })];
    const ends = await Promise.allSettled(both.map((one) => lastValueFrom(one.pipe(toArray()))));
    const refused = ends.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBe(1);
    expect(refused[0]).toMatchObject({ reason: expect.any(SluiceError) });
    expect(refused[0]).toMatchObject({ reason: { code: 'locked' } });
  });
});
