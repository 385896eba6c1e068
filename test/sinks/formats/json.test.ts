import { from, lastValueFrom, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { csvWriter, jsonWriter, ndjsonWriter, webvttWriter, writeWith } from 'sluice';
import { NASTY, resultOf, textOf } from '../../support/results.ts';

describe('jsonWriter', () => {
  it('is one array, whole however many results there are', () => {
    for (const many of [0, 1, 2, 1000]) {
      const results = Array.from({ length: many }, (_, i) => resultOf(i, 'cat'));
      expect(JSON.parse(textOf(jsonWriter(), results))).toEqual(results);
    }
    expect(textOf(jsonWriter(), [])).toBe('[]\n');
  });

  it('has the same in it as NDJSON, a line for each', () => {
    const results = NASTY.map((label, i) => resultOf(i, label));
    const lines = textOf(jsonWriter(), results).split('\n');
    expect(lines.slice(1, -2).map((line) => line.replace(/,$/, ''))).toEqual(
      textOf(ndjsonWriter(), results).trimEnd().split('\n'),
    );
    expect(JSON.parse(lines.join('\n'))).toEqual(results);
  });

  it('says null of a score that is no number', () => {
    const text = textOf(jsonWriter(), [{ ...resultOf(0), classes: [{ index: 0, label: 'x', score: NaN }] }]);
    expect(JSON.parse(text)).toMatchObject([{ classes: [{ score: null }] }]);
  });

  it('adds timings, end and frames where there are any', () => {
    const stage = { stage: 'conv', startMs: 0, waitMs: 0, submitMs: 1, method: 'synced-wall' } as const;
    const text = textOf(jsonWriter({ timings: true }), [{ ...resultOf(0), timings: [stage], end: 5, frames: 2 }]);
    expect(Object.keys((JSON.parse(text) as object[])[0] ?? {})).toEqual([
      'source',
      'seq',
      'timestamp',
      'end',
      'frames',
      'classes',
      'timings',
    ]);
  });
});

describe('writeWith', () => {
  it('gives the pieces as the results come, and none that is empty', async () => {
    const results = [resultOf(0, 'cat'), resultOf(1, 'cat'), resultOf(2, 'dog')];
    const pieces = await lastValueFrom(from(results).pipe(writeWith(webvttWriter()), toArray()));
    expect(pieces.length).toBe(3);
    expect(pieces.join('')).toBe(textOf(webvttWriter(), results));
  });

  it('begins anew for each who subscribes', async () => {
    const csv = from([resultOf(0, 'cat')]).pipe(writeWith(csvWriter()), toArray());
    expect(await lastValueFrom(csv)).toEqual(await lastValueFrom(csv));
  });

  it('fails with what the results, or the writer, fail with, and ends nothing then', () => {
    const results = new Subject<ReturnType<typeof resultOf>>();
    const got: unknown[] = [];
    results.pipe(writeWith(jsonWriter())).subscribe({ next: (text) => got.push(text), error: (e) => got.push(e) });
    results.next(resultOf(0));
    results.error('broken');
    expect(got).toEqual([expect.stringMatching(/^\[\n\{/), 'broken']);
    let failure: unknown;
    from([resultOf(0, 'cat'), { ...resultOf(0), source: 'b.mp4' }])
      .pipe(writeWith(webvttWriter()))
      .subscribe({ error: (error) => (failure = error) });
    expect(failure).toMatchObject({ code: 'option' });
  });

  it.each([[csvWriter], [undefined], ['csv']])('refuses %s, which is no writer', (writer) => {
    expect(() => writeWith(writer as never)).toThrow(/^writeWith takes a writer, such as csvWriter\(\), not /);
  });

  it('takes writers that were given options', async () => {
    const pieces = await lastValueFrom(
      from([resultOf(0, 'cat')]).pipe(writeWith(csvWriter({ aggregated: true })), toArray()),
    );
    expect(pieces.join('')).toMatch(/^source,seq,timestamp,end,frames,rank/);
  });
});
