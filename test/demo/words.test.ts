import { lastValueFrom, of, toArray } from 'rxjs';
import { conv2d, EngineError, pipeline, zeroPad, maxPool, residual, flatten, type FrameResult } from 'sluice';
import { describe, expect, it } from 'vitest';
import { describeRest, sortFiles } from '../../demo/src/run/files-of.ts';
import { fromZero } from '../../demo/src/run/from-zero.ts';
import type { News } from '../../demo/src/run/news.ts';
import { plainWords } from '../../demo/src/run/plain-words.ts';
import { problemOf } from '../../demo/src/run/problem-of.ts';
import { recentLatency } from '../../demo/src/run/recent-latency.ts';
import { settingName, settingText } from '../../demo/src/run/setting-text.ts';

describe('words of the page', () => {
  it.each([
    [
      'engine webgpu no longer works: its GPU was lost. Choose another with useEngine.',
      'engine webgpu no longer works: its GPU was lost.',
    ],
    [
      'model.json gives 1 × 7 × 7, not a score for each class: read it with layersModel(…) or graphModel(…) and process its output yourself',
      'model.json gives 1 × 7 × 7, not a score for each class. This page shows models that give a score for each class of a picture',
    ],
    [
      "inWorker's worker did not start: x. Make sure that the server serves the bundled script as JavaScript, or give your own worker: worker: () => …",
      'The worker did not start: x',
    ],
    ['clip.mp4 is no video', 'clip.mp4 is no video'],
    ['', ''],
  ])('%j becomes %j', (said, shown) => expect(plainWords(said)).toBe(shown));

  it('an error names what to do, and whether to try again', () => {
    expect(problemOf(new EngineError('engine webgpu no longer works: x. Choose another with useEngine.'))).toEqual({
      title: 'This engine does not work here',
      text: 'engine webgpu no longer works: x. Choose the engine “auto”, which uses one that works.',
      remedy: 'retry',
    });
    expect(problemOf(new TypeError('Failed to fetch dynamically imported module: http://x/a.js')).remedy).toBe(
      'reload',
    );
    expect(problemOf('a word')).toEqual({ title: 'Something went wrong', text: 'a word.', remedy: 'retry' });
    expect(problemOf(undefined).text).toBe('undefined.');
  });
});

describe('the settings of a layer', () => {
  it.each([
    [conv2d({ filters: 2, kernelSize: [3, 5], strides: 2, dilationRate: 1 }), 'kernelSize', '3 × 5'],
    [conv2d({ filters: 2, kernelSize: 3, strides: 2 }), 'strides', '2 × 2'],
    [conv2d({ filters: 2, kernelSize: 3, dilationRate: [2, 1] }), 'dilationRate', '2 × 1'],
    [conv2d({ filters: 2, kernelSize: 3, useBias: false }), 'useBias', 'no'],
    [maxPool({ poolSize: 2 }), 'poolSize', '2 × 2'],
    [
      residual(conv2d({ filters: 2, kernelSize: 1 }), conv2d({ filters: 2, kernelSize: 1 })),
      'stages',
      'conv2d, conv2d',
    ],
    [flatten(), 'activation', undefined],
  ] as const)('%#: %s of a stage is %s', (stage, key, text) => {
    expect(settingText((stage.spec as Readonly<Record<string, unknown>>)[key])).toBe(text);
  });

  it('a padding by its sides, long lists by their length, names in words', () => {
    const { padding } = zeroPad({
      padding: [
        [0, 1],
        [2, 3],
      ],
    }).spec as unknown as { padding: unknown };
    expect(settingText(padding)).toBe('top 0, bottom 1, left 2, right 3');
    expect(settingText(Array.from({ length: 1000 }, (_, i) => i))).toBe('1000 values');
    expect([settingText(null), settingText(undefined), settingText([])]).toEqual([undefined, undefined, '']);
    expect(['kernelSize', 'useBias', 'padding'].map(settingName)).toEqual(['kernel size', 'bias', 'padding']);
    expect(pipeline(flatten()).spec.op).toBe('pipeline');
  });
});

describe('the recent latency', () => {
  const frame = (latencyMs: number) => ({ type: 'frame', result: { latencyMs } }) as News;
  const timing = { type: 'timing' } as News;
  const shown = (...news: readonly News[]) => lastValueFrom(recentLatency(of(...news)).pipe(toArray()));

  it('is that of the last 100 frames', async () => {
    const slow = Array.from({ length: 500 }, () => frame(1000));
    const fast = Array.from({ length: 100 }, (_, i) => frame(i + 1));
    expect((await shown(...slow, timing, ...fast, timing)).slice(1)).toEqual([
      { median: 1000, p95: 1000 },
      { median: 50, p95: 95 },
    ]);
  });

  it('is unknown before the first frame, and when a run begins', async () => {
    expect(await shown(timing)).toEqual([undefined]);
    expect((await shown(frame(1), timing, { type: 'begin' })).at(-1)).toBeUndefined();
    expect((await shown(frame(7), timing)).at(-1)).toEqual({ median: 7, p95: 7 });
  });
});

describe('files that were dropped', () => {
  const file = (name: string, type = '') => new File([], name, { type });
  const names = (files: readonly File[]) => files.map(({ name }) => name);

  it.each<[readonly File[], string, readonly string[], readonly string[]]>([
    [[file('a.mp4', 'video/mp4'), file('b.mp4', 'video/mp4')], 'video', ['a.mp4'], ['b.mp4']],
    [[file('notes.txt', 'text/plain'), file('a.mp4', 'video/mp4')], 'video', ['a.mp4'], ['notes.txt']],
    [[file('a.mkv')], 'video', ['a.mkv'], []],
    [[file('a.mp4', 'video/mp4'), file('b.jpg', 'image/jpeg')], 'pictures', ['b.jpg'], ['a.mp4']],
    [[file('.DS_Store'), file('b.jpg', 'image/jpeg'), file('Thumbs.db')], 'pictures', ['b.jpg'], []],
    [[file('model.json'), file('a.bin')], 'model', ['model.json', 'a.bin'], []],
  ])('%#', (given, as, files, rest) => {
    const sorted = sortFiles(given);
    expect([sorted.as, names(sorted.files), names(sorted.rest)]).toEqual([as, files, rest]);
  });

  it.each([[[]], [[file('.DS_Store')]]])('%#: nothing to use is an error', (given) => {
    expect(() => sortFiles(given)).toThrow('There are no files in it');
  });

  it('tells what is left out, and not all of it', () => {
    const many = Array.from({ length: 9 }, (_, i) => file(`${i}.mp4`, 'video/mp4'));
    expect(describeRest(sortFiles(many))).toBe(
      'One video at a time: this is 0.mp4. Left out: 1.mp4, 2.mp4, 3.mp4 and 5 more.',
    );
    expect(describeRest(sortFiles(many.slice(0, 1)))).toBeUndefined();
  });
});

describe('times from zero', () => {
  const result = (timestamp: number) => ({ timestamp, seq: timestamp }) as unknown as FrameResult<object>;

  it('count from the first result, in each run', async () => {
    const results = of(result(12_000), result(12_040), result(12_100)).pipe(fromZero());
    for (let i = 0; i < 2; i++) {
      const all = await lastValueFrom(results.pipe(toArray()));
      expect(all.map(({ timestamp, seq }) => [timestamp, seq])).toEqual([
        [0, 12_000],
        [40, 12_040],
        [100, 12_100],
      ]);
    }
  });
});
